// Puts a plot that zooms in the place of the picture that the server drew.
// figure[data-plot]: {"taken": [seconds], "value": [numbers], "low": n, "high": n}
const dark = matchMedia("(prefers-color-scheme: dark)");

function colour(figure, name) {
  return getComputedStyle(figure).getPropertyValue(name).trim();
}

function targetBand(figure, low, high) {
  return (u) => {
    if (low === undefined || high === undefined) return;
    const top = u.valToPos(high, "y", true);
    const bottom = u.valToPos(low, "y", true);
    u.ctx.save();
    u.ctx.fillStyle = colour(figure, "--plot-band");
    u.ctx.fillRect(u.bbox.left, top, u.bbox.width, bottom - top);
    u.ctx.restore();
  };
}

// A gap of more than three usual intervals is a gap in the line too.
function withGaps(taken, value) {
  const steps = taken.slice(1).map((t, i) => t - taken[i]).sort((a, b) => a - b);
  const usual = steps[Math.floor(steps.length / 2)] || 300;
  const x = [], y = [];
  taken.forEach((t, i) => {
    if (i > 0 && t - taken[i - 1] > 3 * usual) { x.push(taken[i - 1] + usual); y.push(null); }
    x.push(t);
    y.push(value[i]);
  });
  return [x, y];
}

function axis(figure) {
  return { stroke: colour(figure, "--plot-text"), grid: { stroke: colour(figure, "--plot-grid"), width: 1 }, ticks: { stroke: colour(figure, "--plot-grid"), width: 1 } };
}

// Times as the page writes them: in its language and the person's zone.
function timeFormat(figure, parts) {
  const language = document.documentElement.lang;
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { timeZone: figure.dataset.zone || undefined, ...parts });
}

// Days from midnight, hours between.
function tickTexts(figure) {
  const day = timeFormat(figure, { day: "numeric", month: "short" });
  const hour = timeFormat(figure, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return (u, ticks) => ticks.map((t) => {
    const text = hour.format(new Date(t * 1000));
    return text === "00:00" ? day.format(new Date(t * 1000)) : text;
  });
}

function legendTime(figure) {
  const format = timeFormat(figure, { dateStyle: "medium", timeStyle: "short" });
  return (u, t) => (t === null || t === undefined ? "–" : format.format(new Date(t * 1000)));
}

function options(figure, data, width) {
  const low = data.low, high = data.high;
  return {
    width, height: Math.max(220, Math.min(380, Math.round(width * 0.45))),
    cursor: { drag: { x: true, y: false } },
    tzDate: (t) => uPlot.tzDate(new Date(t * 1000), figure.dataset.zone || Intl.DateTimeFormat().resolvedOptions().timeZone),
    scales: { y: { range: (u, min, max) => [Math.min(min, low ?? min) * 0.9, Math.max(max, high ?? max) * 1.05] } },
    axes: [{ ...axis(figure), values: tickTexts(figure), space: 70 }, { ...axis(figure), size: 46 }],
    hooks: { drawClear: [targetBand(figure, low, high)] },
    series: [{ label: figure.dataset.time, value: legendTime(figure) }, { label: `${figure.dataset.label} (${figure.dataset.unit})`, stroke: colour(figure, "--plot-line"), width: 1.75, points: { show: false } }],
  };
}

function draw(figure) {
  const data = JSON.parse(figure.dataset.plot);
  const place = figure.querySelector(".canvas");
  const width = place.clientWidth;
  place.replaceChildren();
  return new uPlot(options(figure, data, width), withGaps(data.taken, data.value), place);
}

if (window.uPlot) {
  for (const figure of document.querySelectorAll("figure[data-plot]")) {
    let plot = draw(figure);
    const again = () => { plot.destroy(); plot = draw(figure); };
    addEventListener("resize", again);
    dark.addEventListener("change", again);
  }
}
