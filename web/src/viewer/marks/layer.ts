// What everybody loads who looks at images: it draws marks, and says what becomes of them.
export { MarkNews } from "./MarkNews";
export { Marks } from "./Marks";
