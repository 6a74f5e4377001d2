(function () {
  "use strict";
  var doc = document;
  var wide = window.matchMedia("(min-width: 1200px)");
  var contents = doc.querySelector("nav.contents details");

  // The contents are a side rail on wide screens and a drawer on narrow ones.
  if (contents) {
    var settle = function () { contents.open = wide.matches; };
    settle();
    if (wide.addEventListener) wide.addEventListener("change", settle);
    contents.addEventListener("click", function (event) {
      if (event.target.closest("a") && !wide.matches) contents.open = false;
      if (event.target.closest("summary") && wide.matches) event.preventDefault();
    });
  }
  if (!window.IntersectionObserver) return;

  // Mark the section being read.
  var links = {};
  doc.querySelectorAll("nav.contents a").forEach(function (link) { links[link.hash.slice(1)] = link; });
  var sections = Array.prototype.slice.call(doc.querySelectorAll("main > section"));
  var current = null;
  function mark() {
    var line = window.innerHeight * 0.4;
    var read = sections.filter(function (section) { return section.getBoundingClientRect().top < line; }).pop();
    var link = read && links[read.id];
    if (link === current) return;
    if (current) current.removeAttribute("aria-current");
    if (link) link.setAttribute("aria-current", "location");
    current = link;
  }
  var reading = new IntersectionObserver(mark, { rootMargin: "-40% 0px -60% 0px" });
  sections.forEach(function (section) { reading.observe(section); });

  if (!window.vega) return;

  // Tooltips are text, never markup.
  var tip = doc.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  doc.body.appendChild(tip);
  function row(name, value) {
    var line = doc.createElement("div");
    if (name) {
      var label = doc.createElement("span");
      label.textContent = name;
      line.appendChild(label);
    }
    var text = doc.createElement("b");
    text.textContent = value;
    line.appendChild(text);
    tip.appendChild(line);
  }
  function tooltip(handler, event, item, value) {
    if (value === null || value === undefined || value === "") { tip.hidden = true; return; }
    tip.replaceChildren();
    if (typeof value === "object") {
      Object.keys(value).forEach(function (name) { row(name, String(value[name])); });
    } else {
      row("", String(value));
    }
    tip.hidden = false;
    var x = event.clientX + 14, y = event.clientY + 14;
    if (x + tip.offsetWidth > window.innerWidth - 8) x = Math.max(8, event.clientX - tip.offsetWidth - 14);
    if (y + tip.offsetHeight > window.innerHeight - 8) y = Math.max(8, event.clientY - tip.offsetHeight - 14);
    tip.style.left = x + "px";
    tip.style.top = y + "px";
  }
  window.addEventListener("scroll", function () { tip.hidden = true; }, { passive: true });

  var refuse = function () { return Promise.reject(new Error("a report fetches nothing")); };
  var nothing = { load: refuse, sanitize: refuse, http: refuse, file: refuse };

  // All charts share one look; numbers and days are written as in the text around them.
  var settings = JSON.parse(doc.getElementById("settings").textContent);
  function look(spec) { return Object.assign({}, spec.config ? null : settings.config, { locale: settings.locale }); }

  // On a narrow screen a chart is laid out again, so that its words keep their size.
  function fit(figure, view, natural) {
    var room = figure.querySelector(".plot").clientWidth;
    var target = room < natural * 0.8 ? Math.max(room, +figure.dataset.least || 280) : natural;
    if (view.rkWidth === target) return Promise.resolve(view);
    var before = view.rkWidth === undefined ? natural : view.rkWidth;
    view.rkWidth = target;
    figure.classList.toggle("narrow", target < natural);
    // With "fit" the width is that of the whole picture, otherwise that of the plot inside its axes.
    var mode = view.signal("autosize");
    var whole = /^fit/.test(mode && mode.type || mode || "");
    try {
      return view.width(whole ? target : view.width() + target - before).runAsync();
    } catch (error) { return Promise.resolve(view); }
  }

  function start(figure) {
    var host = doc.createElement("div");
    host.className = "live";
    var spec = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    var view = new window.vega.View(window.vega.parse(spec, look(spec), { ast: true }), {
      expr: window.vega.expressionInterpreter, renderer: "svg", container: host, hover: true,
      tooltip: tooltip, loader: nothing
    });
    view.runAsync().then(function () {
      var natural = parseFloat(figure.querySelector(".still svg").getAttribute("width"));
      return fit(figure, view, natural).then(function () {
        figure.querySelector(".plot").appendChild(host);
        figure.dataset.live = "1";
        window.addEventListener("resize", function () { fit(figure, view, natural); });
      });
    }).catch(function (error) { figure.dataset.fault = String(error); });
  }

  var near = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (!entry.isIntersecting) return;
      near.unobserve(entry.target);
      try { start(entry.target); } catch (error) { entry.target.dataset.fault = String(error); }
    });
  }, { rootMargin: "400px" });
  var begin = function () {
    doc.querySelectorAll("figure.chart").forEach(function (figure) {
      if (figure.querySelector('script[type="application/json"]')) near.observe(figure);
    });
  };
  if (doc.fonts && doc.fonts.ready) doc.fonts.ready.then(begin); else begin();
})();
