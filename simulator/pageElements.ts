import { html } from "hono/html";

/** A piece of a page. */
export type Fragment = ReturnType<typeof html>;

/** Text on one line, or markup with its own line breaks. */
export type Cell = string | number | null | undefined | Fragment;

/** A section with a table, or "none" if there is no row. */
export function table(id: string, title: string, heads: string[], rows: Cell[][], count = rows.length): Fragment {
  return html`<section id="${id}">
    <h2>${title} <small>(${count})</small></h2>
    ${
      rows.length === 0
        ? html`<p class="none">none</p>`
        : html`<table>
            <thead>
              <tr>
                ${heads.map((head) => html`<th>${head}</th>`)}
              </tr>
            </thead>
            <tbody>
              ${rows.map(
                (row) =>
                  html`<tr>
                    ${row.map((cell) => html`<td>${cell ?? ""}</td>`)}
                  </tr> `,
              )}
            </tbody>
          </table>`
    }
  </section>`;
}

/** A form of one button, for an action of the page. */
export function button(action: string, label: string, fields: Record<string, string | number>): Fragment {
  return html`<form method="post" action="${action}">
    ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <button>${label}</button>
  </form>`;
}

/** A field of a form to choose from; the first choice is the default. */
export function select(name: string, label: string, choices: readonly string[], chosen = choices[0]): Fragment {
  const option = (choice: string): Fragment =>
    choice === chosen ? html`<option selected>${choice}</option>` : html`<option>${choice}</option>`;
  return html`<label
    >${label}
    <select name="${name}">
      ${choices.map(option)}
    </select></label
  >`;
}

/** A field of a form for text. */
export function field(name: string, label: string, value: string, placeholder = ""): Fragment {
  return html`<label>${label} <input name="${name}" value="${value}" placeholder="${placeholder}" size="14" /></label>`;
}

/** Day and time in UTC. */
export const day = (iso: string): string => iso.slice(0, 19).replace("T", " ");

/** Allows line breaks after a slash, a blank, and similar characters, never inside a word. */
export function breakable(text: string): Fragment {
  const parts = text.split(/(?<=[/?&, ])(?!\/)/);
  return html`<span>${parts.map((part) => html`${part}<wbr />`)}</span>`;
}
