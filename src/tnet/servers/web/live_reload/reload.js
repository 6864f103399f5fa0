// Reloads this page when what is served has changed; a change of style sheets alone only loads those anew.
(() => {
  "use strict";
  const source = new EventSource(new URL("reload", document.currentScript.src));
  let seen = null;

  function refresh(link) {
    const url = new URL(link.href);
    if (url.origin !== location.origin) return;
    url.searchParams.set("tnet", Date.now());
    const fresh = link.cloneNode();
    fresh.href = url;
    for (const end of ["load", "error"]) fresh.addEventListener(end, () => link.remove(), { once: true });
    link.after(fresh);
  }

  source.addEventListener("hello", (event) => {
    if (seen !== null && seen !== event.data) location.reload();
    seen = event.data;
  });
  source.addEventListener("page", () => location.reload());
  source.addEventListener("style", (event) => {
    seen = event.data;
    document.querySelectorAll("link[rel~=stylesheet][href]").forEach(refresh);
  });
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
})();
