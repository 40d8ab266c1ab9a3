/** Milliseconds between two refreshes of an open page. */
const REFRESH = 1000;

export const STYLE = `
  :root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
  body { margin: 1.5rem auto; max-width: 100rem; padding: 0 1rem; }
  section { overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; margin-bottom: 1.5rem; }
  th, td { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
  td { font-family: ui-monospace, monospace; font-size: .85rem; white-space: nowrap; }
  td span { white-space: normal; overflow-wrap: break-word; }
  td form { margin: 0; } td button { font: inherit; padding: 0 .5rem; }
  nav form, form.add { display: flex; flex-wrap: wrap; gap: .4rem .8rem; align-items: baseline; margin: .5rem 0 1rem; }
  input, select { font: inherit; max-width: 12rem; }
  pre { background: #8882; padding: .5rem; overflow-x: auto; max-height: 24rem; margin: .2rem 0 .8rem; }
  h3 { font-size: .9rem; margin: .5rem 0 0; }
  .none { opacity: .6; } .lost { opacity: .6; } h2 small { font-weight: normal; }
`;

// The page fetches itself: what a person sees is rendered in one place, and works without the script too. What has not changed stays,
// so that a button is not replaced while it is pressed.
export const SCRIPT = `
  let shown = document.querySelector("main").outerHTML;
  let timer;
  async function refresh() {
    clearTimeout(timer);
    const live = document.getElementById("live");
    const asked = location.href;
    try {
      const text = await (await fetch(asked, { cache: "no-store" })).text();
      const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("main");
      if (asked === location.href && fresh.outerHTML !== shown) {
        shown = fresh.outerHTML;
        document.querySelector("main").replaceWith(fresh);
      }
      live.textContent = "live";
    } catch {
      live.textContent = "the simulator does not answer";
    }
    clearTimeout(timer);
    timer = setTimeout(refresh, ${REFRESH});
  }
  timer = setTimeout(refresh, ${REFRESH});

  // The filter works at each key; what is open stays open.
  const filter = document.getElementById("filter");
  filter.addEventListener("input", () => {
    const query = new URLSearchParams([...new FormData(filter)].filter(([, value]) => value !== "" && value !== "all"));
    const open = new URLSearchParams(location.search).get("open");
    if (open !== null) query.set("open", open);
    history.replaceState(null, "", "?" + query);
    void refresh();
  });
`;
