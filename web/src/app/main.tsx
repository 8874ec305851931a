import "@fontsource-variable/atkinson-hyperlegible-next/index.css";
import { render } from "preact";
import "../ui/base.css";
import "./app.css";
import { App } from "./App";

const page = document.getElementById("page");
if (page) {
  page.replaceChildren();
  render(<App />, page);
}
