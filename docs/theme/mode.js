// Before anything is drawn: the colours that the reader chose the last time.
(() => {
  try {
    const kept = localStorage.getItem("mode");
    if (kept) document.documentElement.dataset.mode = kept;
  } catch { /* a browser that keeps nothing */ }
})();
