import { render } from "preact";
import { takeSecret } from "./secret";
import { Sendings } from "./sendings";
import { Upload } from "./Upload";

const page = document.getElementById("page");
if (page) {
  const secret = takeSecret();
  page.replaceChildren();
  render(<Upload secret={secret} sendings={new Sendings(secret ?? "")} />, page);
  // Another link pasted into the address of an open page: begin with that one.
  addEventListener("hashchange", () => location.reload());
}
