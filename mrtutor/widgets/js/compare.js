// Panes of a function: from the shipped grid, or from the kernel (the newest position only).

function mountCompare(root, { header: config, read }, context) {
  const known = new Map(),
    remember = (state, panes, reader) => known.set(JSON.stringify(orderly(state)), { panes, read: reader });
  const orderly = (state) => config.controls.map((c) => state[c.name]);
  for (const [state, panes] of config.grid) remember(state, panes, read);
  const first = known.get(JSON.stringify(orderly(config.start))).panes,
    pictures = typeof first === "string" ? [] : Object.values(first).filter((p) => p.kind === "image");
  const geometry =
    config.geometry.letters || config.geometry.label
      ? config.geometry
      : pictures.find((p) => p.geometry)?.geometry || config.geometry;
  const viewer = new Viewer(root, { geometry, alt: config.alt, columns: config.columns });
  const handle = { state: null, panes: [], metrics: {}, ms: 0, config, viewer, error: null },
    tops = new Map();
  const differing = new Set(config.difference ? [config.difference] : []);
  let phases = false,
    wanted = null,
    current = null;

  /** The brightest value of a kind of pane in its first state: windows stay put while controls move. */
  function topOf(group, data) {
    if (!tops.has(group)) tops.set(group, data.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1);
    return tops.get(group);
  }

  function content(name, pane, reader, panes) {
    if (pane.kind !== "image") return pane;
    const phase = pane.show === "complex" && phases,
      show = phase ? "phase" : pane.show === "complex" ? "magnitude" : pane.show;
    const data = ((pane.cache ??= [])[phase ? 1 : 0] ??= reader(pane.data[phase ? 1 : 0])),
      corners = { tr: pane.corner, unit: pane.unit };
    const anchor =
      panes[config.reference] ||
      Object.values(panes).find((p) => p.kind === "image" && ["magnitude", "complex"].includes(p.show));
    const top = anchor ? topOf("magnitude", ((anchor.cache ??= [])[0] ??= reader(anchor.data[0]))) : null,
      shape = pane.shape;
    if (!phase && differing.has(name) && name !== config.reference && same(panes[config.reference]?.shape, shape)) {
      const other = panes[config.reference].cache[0];
      return {
        data: data.map((v, i) => Math.abs(v - other[i])),
        shape,
        show: "error",
        group: "difference",
        reference: top,
        gain: config.gain,
        corners: { ...corners, tl: `${name} − ${config.reference}` },
      };
    }
    const base = {
      data,
      shape,
      show,
      window: pane.window,
      corners,
      group: pane.window ? `${show}:${pane.window}` : undefined,
    };
    if (show === "magnitude") return { ...base, reference: pane.window ? null : top, window: pane.window || [0, top] };
    if (show === "error") return { ...base, reference: pane.of || top, gain: pane.gain || config.gain };
    if (show === "map" || show === "signed") {
      const own = `${show}:${name}`,
        size = topOf(own, data);
      return { ...base, group: base.group || own, window: pane.window || (show === "map" ? [0, size] : [-size, size]) };
    }
    return show === "kspace" ? { ...base, top: data.reduce((a, b) => Math.max(a, b), 0) } : base;
  }

  function show({ panes, read: reader }, state) {
    const begun = performance.now();
    handle.state = state;
    if (typeof panes === "string") {
      handle.error = panes;
      viewer.tell(panes);
      viewer.announce(panes);
      return;
    }
    handle.error = null;
    viewer.tell(null);
    current = { panes, read: reader };
    const names = Object.keys(panes);
    viewer.layout(
      names.map((name) => ({ name, title: name, kind: panes[name].kind, geometry: panes[name].geometry || geometry })),
    );
    handle.panes = [];
    handle.metrics = {};
    for (const name of names) {
      const pane = viewer.pane(name),
        made = content(name, panes[name], reader, panes);
      pane.set(made);
      pane.marks = (panes[name].marks || []).map((m) => ({ x: m.x, y: m.y, label: m.message, kind: "given" }));
      if (made.data) handle.panes.push({ name, data: made.data, shape: made.shape.slice(made.shape[0] > 1 ? 0 : 1) });
      else if (made.rows)
        for (const [label, value] of made.rows)
          handle.metrics[label] = Number.isNaN(Number(value)) ? value : Number(value);
    }
    const large = names.map((n) => panes[n]).find((p) => p.kind === "image");
    if (large && !handle.shaped) {
      handle.shaped = true;
      viewer.shape(large.shape[1], large.shape[2]);
    } else if (!large) viewer.grid.style.setProperty("--mrt-aspect", "4 / 3");
    viewer.redraw();
    viewer.refreshTools?.();
    handle.ms = performance.now() - begun;
    clearTimeout(show.timer);
    show.timer = setTimeout(
      () =>
        viewer.announce(
          viewer.panes
            .map((p) => p.stage.getAttribute("aria-label"))
            .filter(Boolean)
            .slice(0, 3)
            .join("; "),
        ),
      600,
    );
  }

  async function update(state) {
    const key = JSON.stringify(orderly(state));
    wanted = key;
    if (known.has(key)) return show(known.get(key), state);
    if (!context.ask) return viewer.tell("This position needs a kernel.");
    const slow = setTimeout(() => viewer.console.classList.add("mrt-busy"), 200);
    try {
      const answer = unpack(await context.ask(state));
      remember(state, answer.header.panes, answer.read);
      if (wanted === key) show(known.get(key), state);
    } catch (error) {
      if (error && wanted === key) show({ panes: error.message }, state); // null: a newer position overtook this one
    } finally {
      clearTimeout(slow);
      if (wanted === key) viewer.console.classList.remove("mrt-busy");
    }
  }

  const again = () => current && show(current, handle.state);
  presetButtons(viewer.controls, config.presets, (state) => {
    controls.set(state);
    context.moved?.();
    update({ ...controls.state });
  });
  const controls = makeControls(
    viewer.controls,
    config.controls,
    { ...config.start, ...hashToState(context.hash || "", config.controls) },
    (state) => {
      context.moved?.();
      update(state);
    },
  );
  if (pictures.some((p) => p.show === "complex")) {
    makeControls(
      viewer.controls,
      [{ name: "part", label: "Show", unit: "", values: [false, true], names: ["magnitude", "phase"] }],
      { part: false },
      ({ part }) => {
        phases = part;
        again();
      },
    );
  }
  const names = typeof first === "string" ? [] : Object.keys(first).filter((n) => first[n].kind === "image");
  const pair =
    config.flicker ||
    (config.reference ? [config.reference, names.find((n) => n !== config.reference)] : names.slice(0, 2));
  addTools(viewer, {
    flicker: pair.length === 2 && pair[1] ? pair : null,
    difference: config.reference
      ? () => {
          const on = differing.size;
          differing.clear();
          if (!on) names.forEach((n) => differing.add(n));
          again();
        }
      : null,
    differenceOn: () => differing.size > 0,
    link:
      context.key && context.page
        ? () => copyLink(viewer, stateToHash(context.key, controls.state, config.controls))
        : null,
  });
  if (config.caption) root.append(rich("p", { class: "mrt-caption" }, config.caption));
  handle.open = config.controls.some((c) => c.values.length > 1);
  handle.set = (state) => {
    controls.set(state);
    context.moved?.();
    const done = update({ ...controls.state });
    return done || handle;
  };
  handle.lock = (on) => controls.lock(on);
  handle.goto = (hash) => handle.set(hashToState(hash, config.controls));
  update({ ...controls.state });
  return handle;
}
