import { render } from "preact";
import { Diag } from "./Diag";

const page = document.getElementById("page");
if (page) {
  page.replaceChildren();
  render(<Diag />, page);
}
