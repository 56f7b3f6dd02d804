/**
 * The nonce that styles made at run time must carry. The server puts a fresh one into the page.
 *
 * Ant Design takes it through `ConfigProvider`, but the scroll lock of its dialogs and drawers
 * makes a style element without it, which the content security policy refuses; so every style
 * element that this page makes is given the nonce where it is made.
 */

export function styleNonce(): string | undefined {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content || undefined;
}

export function giveStylesTheNonce(): void {
  const nonce = styleNonce();
  if (nonce === undefined) return;
  const create = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = create(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  }) as typeof document.createElement;
}
