/** The words of a marked-up text, for one line of a list or a heading. */

/** Read in a document that is never shown, so nothing in it runs or loads; blocks are parted by a space. */
export function wordsOf(markup: string): string {
  const parted = markup.replace(/<\/(p|h[1-6]|li|tr|td|th|blockquote|div)>|<br\s*\/?>/gi, "$& ");
  const { body } = new DOMParser().parseFromString(parted, "text/html");
  return (body.textContent ?? "").replace(/\s+/g, " ").trim();
}
