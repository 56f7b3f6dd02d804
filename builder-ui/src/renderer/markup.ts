/** Markup that may be shown: what the engine has cleaned is cleaned once more where it is drawn, so that nobody has to be trusted. */
import DOMPurify from "dompurify";

const CLEANING = {
  ALLOWED_TAGS: [
    "p", "br", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "b", "em", "i", "u", "s", "del", "ins", "sub", "sup", "mark", "small", "code", "pre", "kbd", "span", "div",
    "ul", "ol", "li", "blockquote", "hr", "a", "img", "figure", "figcaption", "table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td",
  ],
  ALLOWED_ATTR: ["href", "src", "alt", "title", "width", "height", "colspan", "rowspan", "start", "align", "target", "rel"],
  ALLOW_DATA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|\/(?!\/))/i,
};

// A link leads out of the record into a page of its own, which learns nothing of where it was opened.
DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A" || !node.hasAttribute("href")) return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer nofollow");
});

export function cleanMarkup(markup: string): string {
  return DOMPurify.sanitize(markup, CLEANING);
}
