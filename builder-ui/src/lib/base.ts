/** Where this workspace lives: the path prefix `/w/<workspace>` of the page, or none. */

/** `"/w/acme"` or `""`; what router and API put before every path. */
export function basePath(pathname: string = window.location.pathname): string {
  return /^\/w\/[^/]+/.exec(pathname)?.[0] ?? "";
}

/** A name for this workspace on this device, for what is kept in the browser. */
export function workspaceName(pathname: string = window.location.pathname): string {
  return basePath(pathname).slice(3) || "default";
}
