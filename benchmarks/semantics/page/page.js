"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const find = (id) => document.getElementById(id);
  const table = find("matrix"), body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows], FIRST = 2;
  const order = ["pass", "fail", "refused", "unclear", "crashed", "n.a.", "not run"];
  const silent = new Set(["n.a.", "not run", "crashed"]);
  const marks = rows.map((row) => [...row.cells].slice(FIRST).map((cell) => ({
    button: cell.firstChild, kind: cell.firstChild.className, sign: cell.firstChild.firstChild.textContent, word: cell.firstChild.lastChild.textContent,
  })));
  const cellOf = (row, system) => data.cells[row][system];
  const rowOf = (row) => Number(row.dataset.case);
  document.documentElement.classList.add("js");

  /* Small builders: text goes in as text, never as markup. */
  function make(name, given, ...inner) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(given || {})) element.setAttribute(key, value);
    element.append(...inner);
    return element;
  }
  const linesOf = (document) => data.documents[document].map((line) => data.texts[line]);

  /* The grid: one stop of the Tab key, arrows inside. */
  table.setAttribute("role", "grid");
  heads.forEach((head) => {
    head.firstChild.replaceWith(make("button", { tabindex: "-1" }, ...head.firstChild.childNodes));
  });
  for (const line of marks) for (const mark of line) mark.button.tabIndex = -1;
  find("frame").removeAttribute("tabindex");
  let current = null;
  function stop(button) {
    if (current) current.tabIndex = -1;
    current = button;
    if (current) current.tabIndex = 0;
  }
  const shownRows = () => [...body.rows].filter((row) => !row.hidden);
  const shownColumns = () => heads.map((head, place) => place).filter((place) => place >= FIRST && !heads[place].hidden);
  function reset() {
    const usable = current && current.isConnected && !current.closest("[hidden]");
    if (usable) return;
    const row = shownRows()[0], column = shownColumns()[0];
    stop(row && column !== undefined ? row.cells[column].firstChild : heads[0].firstChild);
  }
  function placeOf(button) {
    const cell = button.closest("td,th"), row = cell.parentElement;
    return [row.parentElement === table.tHead ? -1 : shownRows().indexOf(row), cell.cellIndex];
  }
  function goTo(line, column) {
    const lines = shownRows(), columns = shownColumns();
    if (line < 0) { const head = heads[Math.max(0, Math.min(column, heads.length - 1))]; if (!head.hidden) return reach(head.firstChild); }
    if (lines.length === 0 || columns.length === 0) return;
    const row = lines[Math.max(0, Math.min(line, lines.length - 1))];
    const near = columns.reduce((best, each) => (Math.abs(each - column) < Math.abs(best - column) ? each : best));
    reach(row.cells[near].firstChild);
  }
  function reach(button) { stop(button); button.focus(); button.scrollIntoView({ block: "nearest", inline: "nearest" }); }
  function beside(column, step) {
    let next = column + step;
    while (heads[next] && heads[next].hidden) next += step;
    return heads[next] ? next : column;
  }
  table.addEventListener("keydown", (event) => {
    const button = event.target.closest("button");
    if (!button || event.altKey || event.metaKey) return;
    const [line, column] = placeOf(button), last = heads.length - 1;
    const moves = {
      ArrowRight: () => goTo(line, beside(column, 1)), ArrowLeft: () => goTo(line, beside(column, -1)),
      ArrowDown: () => goTo(line + 1, column), ArrowUp: () => goTo(line - 1, column),
      PageDown: () => goTo(line + 10, column), PageUp: () => goTo(Math.max(line - 10, 0), column),
      Home: () => goTo(event.ctrlKey ? 0 : line, FIRST), End: () => goTo(event.ctrlKey ? rows.length : line, last),
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    moves[event.key]();
  });
  table.addEventListener("focusin", (event) => {
    const button = event.target.closest("tbody button");
    if (!button) return;
    const row = rowOf(button.closest("tr")), system = button.parentElement.cellIndex - FIRST;
    button.setAttribute("aria-label", `${button.lastChild.textContent}: ${data.systems[system].name}, ${data.cases[row].title}`);
  });
  table.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    stop(button);
    const cell = button.parentElement;
    if (cell.parentElement.parentElement === table.tHead) sort(cell.cellIndex);
    else open(rowOf(cell.parentElement), cell.cellIndex - FIRST);
  });

  /* Sorting: up, down, and as it was. */
  function keyOf(row, column) {
    const given = data.cases[row];
    if (column === 0) return given.id;
    if (column === 1) return given.group;
    const word = marks[row][column - FIRST].button.lastChild.textContent, place = order.indexOf(word);
    return `${place < 0 ? 9 : place} ${word}`;
  }
  function sort(column) {
    const was = heads[column].getAttribute("aria-sort");
    const now = was === null ? "ascending" : was === "ascending" ? "descending" : null;
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    if (now) heads[column].setAttribute("aria-sort", now);
    const turn = now === "descending" ? -1 : 1;
    const sorted = now ? [...rows].sort((one, two) => {
      const a = keyOf(rowOf(one), column), b = keyOf(rowOf(two), column);
      return a === b ? rowOf(one) - rowOf(two) : (a < b ? -turn : turn);
    }) : rows;
    body.append(...sorted);
  }

  /* Filters. */
  const form = find("filter"), boxes = [...form.querySelectorAll("[data-system]")];
  const texts = data.cases.map((each) => [each.id, each.group, each.title, each.intent, each.note, ...each.sources.map((source) => source[0])].join("\n").toLowerCase());
  function differs(row, systems) {
    const words = systems.filter((system) => data.systems[system].kind !== "dummy").map((system) => marks[row][system].word);
    return new Set(words.filter((word) => !silent.has(word))).size > 1;
  }
  function wanted(row, systems) {
    const given = data.cases[row], kind = find("kind").value, verdict = find("verdict").value;
    const isKind = { "": true, judged: given.judged, reported: !given.judged, law: given.law !== null }[kind];
    return isKind && (find("group").value === "" || given.group === find("group").value)
      && find("text").value.toLowerCase().split(/\s+/).every((word) => texts[row].includes(word))
      && (verdict === "" || systems.some((system) => marks[row][system].word === verdict))
      && (!find("differ").checked || differs(row, systems));
  }
  function filter() {
    const systems = boxes.filter((box) => box.checked).map((box) => Number(box.dataset.system));
    for (const row of rows) row.hidden = !wanted(rowOf(row), systems);
    boxes.forEach((box, system) => {
      for (const row of [table.tHead.rows[0], ...rows]) row.cells[system + FIRST].hidden = !box.checked;
    });
    const count = rows.filter((row) => !row.hidden).length;
    find("shown").textContent = `${count} of ${rows.length} cases are shown${systems.length < boxes.length ? `, for ${systems.length} of ${boxes.length} systems` : ""}.`;
    find("chosen").textContent = `(${systems.length} of ${boxes.length})`;
    reset();
  }
  const saidBy = (cell) => (cell && data.texts[cell.o[0]]) || "not offered";
  const SERVER = { accepted: ["\u2713", "pass"], refused: ["\u2717", "fail"] };
  function show() {
    const server = find("shows").value === "server";
    marks.forEach((line, row) => line.forEach((mark, system) => {
      const said = saidBy(cellOf(row, system));
      const [sign, kind] = server ? SERVER[said] || ["\u2013", "none"] : [mark.sign, mark.kind];
      mark.button.className = kind;
      mark.button.firstChild.textContent = sign;
      mark.button.lastChild.textContent = server ? `API server: ${said}` : mark.word;
      mark.button.removeAttribute("aria-label");
    }));
    table.caption.textContent = server ? "What a real API server says of each result: a row is a case, a column is a system" : "Verdicts: a row is a case, a column is a system";
  }
  form.addEventListener("input", filter);
  find("shows").addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { show(); filter(); }));
  const chooseAll = (checked) => { for (const box of boxes) box.checked = checked; filter(); };
  find("all").addEventListener("click", () => chooseAll(true));
  find("none").addEventListener("click", () => chooseAll(false));

  /* The difference of two lists of lines: their longest common subsequence. */
  function difference(one, two) {
    let start = 0, end = 0;
    while (start < one.length && start < two.length && one[start] === two[start]) start++;
    while (end < one.length - start && end < two.length - start && one[one.length - 1 - end] === two[two.length - 1 - end]) end++;
    const a = one.slice(start, one.length - end), b = two.slice(start, two.length - end), wide = b.length + 1;
    const common = new Uint16Array((a.length + 1) * wide);
    for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) {
      common[i * wide + j] = a[i] === b[j] ? common[(i + 1) * wide + j + 1] + 1 : Math.max(common[(i + 1) * wide + j], common[i * wide + j + 1]);
    }
    const found = one.slice(0, start).map((line) => [" ", line]);
    let i = 0, j = 0;
    while (i < a.length || j < b.length) {
      if (i < a.length && j < b.length && a[i] === b[j]) { found.push([" ", a[i]]); i++; j++; }
      else if (j === b.length || (i < a.length && common[(i + 1) * wide + j] >= common[i * wide + j + 1])) found.push(["-", a[i++]]);
      else found.push(["+", b[j++]]);
    }
    return found.concat(one.slice(one.length - end).map((line) => [" ", line]));
  }
  const NAMES = { " ": "span", "-": "del", "+": "ins" }, AROUND = 3;
  function drawn(found) {
    const block = make("pre", { class: "diff", tabindex: "0", role: "region", "aria-label": "What came out, line by line against the template" });
    const near = found.map((line, place) => found.slice(Math.max(0, place - AROUND), place + AROUND + 1).some((other) => other[0] !== " "));
    for (let place = 0; place < found.length;) {
      let end = place;
      while (end < found.length && !near[end]) end++;
      const lines = found.slice(place, Math.max(end, place + 1)).map(([sign, line]) => make(NAMES[sign], null, `${sign} ${data.texts[line]}`));
      if (end - place > AROUND) {
        const more = make("button", { type: "button" }, `\u2026 ${end - place} lines as in the template: show them`);
        more.addEventListener("click", () => { more.replaceWith(...lines); block.focus(); });
        block.append(more);
      } else block.append(...lines);
      place += Math.max(end - place, 1);
    }
    return block;
  }
  function compared(template, manifest) {
    const found = difference(data.documents[template], data.documents[manifest]);
    const count = (sign) => found.filter((line) => line[0] === sign).length;
    if (count("-") + count("+") === 0) return [make("p", null, "The template, unchanged:"), yaml(manifest)];
    const lines = (number) => `${number} ${number === 1 ? "line" : "lines"}`;
    return [make("p", null, `${lines(count("+"))} came (+), ${lines(count("-"))} went (-).`), drawn(found)];
  }

  /* One cell, opened. */
  const dialog = find("cell"), panel = find("cell-body");
  let at = null;
  const yaml = (document, name) => make("pre", { class: "yaml", tabindex: "0", role: "region", "aria-label": name || "YAML" }, make("code", null, linesOf(document).join("\n")));
  const listed = (texts) => make("ul", null, ...texts.map((text) => make("li", null, text)));
  const part = (head, ...inner) => make("section", null, make("h3", null, head), ...inner);
  const chip = (mark) => make("span", { class: `verdict ${mark.kind}` }, make("span", { "aria-hidden": "true" }, mark.sign), mark.word);
  const said = (text) => make("pre", { class: "said", tabindex: "0", role: "region", "aria-label": "What was said" }, text);

  function wantedPart(given, mark) {
    const inner = [make("p", null, given.intent)];
    if (given.expect) inner.push(make("p", null, "So, every one of these:"), listed(given.expect));
    const words = Object.entries(given.reports);
    if (words.length) inner.push(make("p", null, "Not judged, for users want different things. The words:"), make("ul", null, ...words.map(([word, checks]) =>
      make("li", null, make(word === mark.word ? "b" : "span", null, word), checks.length ? `: ${checks.join("; ")}` : ""))));
    if (given.note) inner.push(make("p", null, make("small", null, given.note)));
    if (given.sources.length) inner.push(make("p", null, "From: ", ...given.sources.flatMap(([name, link], place) => [place ? ", " : "", link ? make("a", { href: link, rel: "noreferrer" }, name) : name])));
    return part("What the user wants", ...inner);
  }
  function givenPart(given, cell) {
    const inner = [];
    if (given.template !== null) inner.push(part("The template", yaml(given.template, "The template")));
    if (cell && cell.s) inner.push(part(`The override (${cell.s})`, yaml(given.overrides[cell.s], "The override")));
    else for (const [spelling, override] of Object.entries(given.overrides)) inner.push(part(`The override (${spelling}), not given to this system`, yaml(override, "The override")));
    return make("div", { class: "two" }, ...inner);
  }
  function answerPart(given, cell) {
    if (!cell) return part("What came out", make("p", null, "This system was not run on this case."));
    if (cell.m !== null && given.template !== null) return part("What came out", ...compared(given.template, cell.m));
    if (cell.m !== null) return part("What came out", yaml(cell.m));
    if (cell.l) return lawPart(cell.l);
    const head = { refused: "What came out: it refused", "n.a.": "Why it is not asked", crashed: "What came out: the program ended" }[cell.a] || "What came out";
    return part(head, said(data.texts[cell.t] || "Nothing was said."));
  }
  const PODS = { template: "The template", override: "The override", second: "The second override" };
  function lawPart(law) {
    const inner = [make("p", null, `It held on ${law.held} of ${law.of} generated pods${law.refused ? `; ${law.refused} were refused` : ""}.`)];
    if (Object.keys(law.pods).length + Object.keys(law.said).length) inner.push(make("h4", null, "The smallest counterexample"));
    if (law.said.id) inner.push(make("p", null, `The generated pod ${law.said.id}.`));
    const { template, manifest, ...others } = law.pods;
    const pods = Object.entries({ ...(template === undefined ? {} : { template }), ...others });
    inner.push(make("div", { class: "two" }, ...pods.map(([name, pod]) => part(PODS[name] || name, yaml(pod, PODS[name] || name)))));
    if (manifest !== undefined && template !== undefined) inner.push(make("h4", null, "What came out"), ...compared(template, manifest));
    return part("The law", ...inner);
  }
  function serverPart(cell) {
    const status = saidBy(cell), text = data.texts[cell.o[1]];
    const inner = { accepted: "It accepts the result.", refused: "It refuses the result:", "no server": "No server was at hand." }[status] || "There is no result to offer to it.";
    return part("The API server's strict dry run (never part of the verdict)", make("p", null, inner), ...(status === "refused" && text ? [said(text)] : []));
  }
  function commandPart(row, system) {
    const line = data.command.replace("SYSTEM", () => data.systems[system].id).replace("CASE", () => data.cases[row].id);
    const code = make("code", null, line), button = make("button", { type: "button" }, "Copy"), told = make("span", { role: "status" });
    button.addEventListener("click", async () => {
      told.textContent = (await copied(line, code)) ? "Copied." : "It is selected: copy it.";
    });
    return part("Reproduce it", make("div", { class: "line" }, make("pre", { tabindex: "0", role: "region", "aria-label": "The command" }, code), button, told));
  }
  async function copied(line, code) {
    try { await navigator.clipboard.writeText(line); return true; } catch {
      getSelection().selectAllChildren(code);
      return document.execCommand("copy");
    }
  }
  function open(row, system) {
    const given = data.cases[row], who = data.systems[system], cell = cellOf(row, system), mark = marks[row][system];
    at = [row, system];
    find("cell-title").replaceChildren(`${who.name}: ${given.title}`);
    find("cell-about").replaceChildren(`${given.id} \u00b7 ${given.group} \u00b7 ${who.call} \u00b7 ${who.version} \u00b7 `, who.docs ? make("a", { href: who.docs, rel: "noreferrer" }, "documentation") : "no documentation");
    const why = cell && cell.w.filter((text) => data.texts[text] && text !== cell.t).map((text) => data.texts[text]);
    const verdict = part("The verdict", make("p", null, chip(mark)), ...(why && why.length ? [listed(why)] : []));
    panel.replaceChildren(verdict, wantedPart(given, mark), answerPart(given, cell), givenPart(given, cell), ...(cell && given.law === null ? [serverPart(cell)] : []), commandPart(row, system));
    panel.scrollTop = 0;
    history.replaceState(null, "", `#${who.id}/${given.id}`);
    if (!dialog.open) { dialog.showModal(); find("cell-title").focus(); }
  }
  function step(down, right) {
    const lines = shownRows().map(rowOf), columns = shownColumns().map((place) => place - FIRST);
    const near = (list, value, by) => {
      if (by === 0 || list.length === 0) return value;
      const place = list.indexOf(value), from = place < 0 && by < 0 ? 0 : place;
      return list[(from + by + list.length) % list.length];
    };
    open(near(lines, at[0], down), near(columns, at[1], right));
  }
  dialog.addEventListener("keydown", (event) => {
    const scrolls = event.target.closest("pre");
    const steps = event.shiftKey ? { ArrowUp: [-1, 0], ArrowDown: [1, 0] } : { ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!event.shiftKey && scrolls && scrolls.scrollWidth > scrolls.clientWidth) return;
    event.preventDefault();
    step(...steps[event.key]);
    find("cell-title").focus();
  });
  for (const button of dialog.querySelectorAll("[data-step]")) button.addEventListener("click", () => step(...button.dataset.step.split(",").map(Number)));
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  find("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    const button = marks[at[0]][at[1]].button;
    history.replaceState(null, "", location.pathname + location.search);
    if (!button.closest("[hidden]")) reach(button);
    else if (current) current.focus();
  });
  function follow() {
    let hash = location.hash.slice(1);
    try { hash = decodeURIComponent(hash); } catch { return; }
    const end = hash.indexOf("/");
    const system = data.systems.findIndex((each) => each.id === hash.slice(0, end)), row = data.cases.findIndex((each) => each.id === hash.slice(end + 1));
    if (end > 0 && system >= 0 && row >= 0) open(row, system);
  }
  addEventListener("hashchange", follow);
  filter();
  follow();
})();
