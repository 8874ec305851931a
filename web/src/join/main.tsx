import { render } from "preact";

const page = document.getElementById("page");
if (page) {
  page.replaceChildren();
  render(<main />, page);
}
