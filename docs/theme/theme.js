// Search, menu and colours. The index is a script, so that the search works from a folder as it does from a server.
const base = document.body.dataset.base.replace(/\/?$/, "/");
const field = document.getElementById("search");
const found = document.getElementById("found");

document.getElementById("mode").addEventListener("click", () => {
  const dark = document.documentElement.dataset.mode
    ? document.documentElement.dataset.mode === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.mode = dark ? "light" : "dark";
  try { localStorage.setItem("mode", dark ? "light" : "dark"); } catch { /* as above */ }
});

let index;
function load() {
  index ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = `${base}search/index.js`;
    script.onload = () => done(window.SEARCH.map((page) => ({ ...page, low: `${page.title}\n${page.text}`.toLowerCase() })));
    script.onerror = failed;
    document.head.append(script);
  });
  return index;
}

function score(entry, words) {
  let sum = 0;
  const title = entry.title.toLowerCase();
  for (const word of words) {
    const place = entry.low.indexOf(word);
    if (place < 0) return 0;
    sum += title === word ? 40 : title.startsWith(word) ? 20 : title.includes(word) ? 10 : 1;
    if (place === 0 || /[^a-z0-9]/.test(entry.low[place - 1])) sum += 3;
  }
  // Pages to read come before lists to look something up in.
  return sum + (entry.location.startsWith("reference/") ? 0 : 2) + (entry.location.includes("#") ? 0 : 1);
}

function marked(text, words) {
  const low = text.toLowerCase();
  const first = Math.max(0, Math.min(...words.map((word) => low.indexOf(word)).filter((at) => at >= 0), low.length) - 50);
  const piece = text.slice(first, first + 150);
  const line = document.createElement("span");
  const parts = piece.split(new RegExp(`(${words.map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "i"));
  if (first) line.append("… ");
  parts.forEach((part, place) => {
    if (place % 2) { const mark = document.createElement("mark"); mark.textContent = part; line.append(mark); } else line.append(part);
  });
  return line;
}

async function show() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) { found.hidden = true; return; }
  const entries = await load();
  const best = entries.map((entry) => [score(entry, words), entry]).filter(([points]) => points).sort((a, b) => b[0] - a[0]).slice(0, 12);
  found.replaceChildren(...best.map(([, entry]) => {
    const row = document.createElement("li");
    const link = document.createElement("a");
    const title = document.createElement("b");
    link.href = base + entry.location;
    title.textContent = entry.page && entry.page !== entry.title ? `${entry.page} › ${entry.title}` : entry.title;
    link.append(title, marked(entry.text, words));
    row.append(link);
    return row;
  }));
  if (!best.length) {
    const row = document.createElement("li");
    row.className = "none";
    row.textContent = "Nothing found.";
    found.replaceChildren(row);
  }
  found.hidden = false;
}

field.addEventListener("focus", load, { once: true });
field.addEventListener("input", show);
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter") found.querySelector("a")?.click();
  if (event.key === "ArrowDown") { found.querySelector("a")?.focus(); event.preventDefault(); }
});
found.addEventListener("keydown", (event) => {
  const links = [...found.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  if (event.key === "ArrowDown") { links[at + 1]?.focus(); event.preventDefault(); }
  if (event.key === "ArrowUp") { (links[at - 1] ?? field).focus(); event.preventDefault(); }
});
found.addEventListener("click", () => { found.hidden = true; });
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !/INPUT|TEXTAREA/.test(document.activeElement.tagName)) { field.focus(); event.preventDefault(); }
  if (event.key === "Escape") { found.hidden = true; field.blur(); }
});
document.addEventListener("click", (event) => { if (!event.target.closest(".search")) found.hidden = true; });

for (const block of document.querySelectorAll("main .highlight, main pre:not(.highlight pre)")) {
  const copy = document.createElement("button");
  copy.type = "button";
  copy.className = "copy";
  copy.textContent = "Copy";
  copy.addEventListener("click", async () => {
    const text = (block.querySelector("code") ?? block).innerText.replace(/\n$/, "");
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  const wrap = document.createElement("div");
  wrap.className = "block";
  block.replaceWith(wrap);
  wrap.append(block, copy);
}
for (const table of document.querySelectorAll("main table")) {
  const wrap = document.createElement("div");
  wrap.className = "wide";
  wrap.tabIndex = 0;
  wrap.role = "region";
  wrap.ariaLabel = "Table";
  table.replaceWith(wrap);
  wrap.append(table);
}
document.querySelector('.tree [aria-current="page"]')?.scrollIntoView({ block: "nearest" });
