import { render } from "preact";
import { Join } from "./Join";
import { takeLink } from "./link";
import { Visit } from "./visit";

const page = document.getElementById("page");
if (page) {
  page.replaceChildren();
  render(<Join visit={new Visit(takeLink())} />, page);
  // Another link pasted into the address of an open page: begin with that one.
  addEventListener("hashchange", () => location.reload());
}
