import { render } from "preact";
import { Queue } from "./Queue";

const page = document.getElementById("page");
if (page) {
  page.replaceChildren();
  render(<Queue queue={location.pathname.split("/")[2] ?? ""} />, page);
}
