import { render } from "preact";
import "../ui/base.css";

const page = document.getElementById("page");
if (page) {
  page.replaceChildren();
  render(<main />, page);
}
