"""Every widget of every built chapter: each control moved to each of its positions, each gate and question answered
right and wrong.
"""

import pytest

WIDGETS = "[...document.querySelectorAll('.mrtutor')]"

MOVE = """async (place) => {
  const handle = place.mrtutor.then || place.mrtutor, config = handle.config, problems = [];
  if (!config.controls) return {moves: 0, problems};
  const print = () => JSON.stringify(handle.panes.map((p) => { let a = 0, b = 0; p.data.forEach((v, i) => { a += v;
    b += v * ((i * 7919) % 1013); }); return [p.name, p.data.length, a, b]; }));
  const start = {...handle.state};
  let moves = 0;
  for (const control of config.controls.filter((c) => c.values.length > 1)) {
    const seen = new Set();
    for (const value of control.values) {
      await handle.set({...start, [control.name]: value});
      moves++;
      if (handle.state[control.name] !== value) problems.push(`${control.name} = ${value} was not taken`);
      if (handle.error) problems.push(`${control.name} = ${value}: ${handle.error}`);
      for (const pane of handle.panes) {
        if (!pane.data.every(Number.isFinite)) problems.push(`${control.name} = ${value}: ${pane.name} is not finite`);
        const drawn = pane.shape.reduce((a, b) => a * b, 1);
        if (pane.data.length % drawn) problems.push(`${pane.name} has ${pane.data.length} values for ${pane.shape}`);
      }
      seen.add(print() + JSON.stringify(handle.metrics));  // what is drawn, not the control's own label
    }
    if (seen.size < 2) problems.push(`${control.name} changes nothing`);
  }
  await handle.set(start);
  return {moves, problems};
}"""


@pytest.fixture
def chapter(open_page, chapter_path):
    page = open_page(chapter_path)
    for place in page.query_selector_all(".mrtutor"):
        place.scroll_into_view_if_needed()
    page.wait_for_function(f"{WIDGETS}.every(w => w.classList.contains('mrtutor-ready'))", timeout=60_000)
    return page


def test_every_control_of_every_widget_answers_a_move(chapter):
    places = chapter.query_selector_all(".mrtutor")
    results = {place.get_attribute("aria-label")[:60]: place.evaluate(MOVE) for place in places}
    assert {name: r["problems"] for name, r in results.items() if r["problems"]} == {}
    assert sum(r["moves"] for r in results.values()) >= 2, "a chapter without a control that moves"


def test_every_gate_answers_right_and_wrong(chapter):
    gates = [p for p in chapter.query_selector_all(".mrtutor") if p.query_selector(".mrt-gate")]
    assert gates, "a chapter opens with a prediction"
    for gate in gates:
        assert gate.evaluate("p => p.mrtutor.locked")
        slider = gate.query_selector(".mrt-controls input, .mrt-controls button")
        assert slider is None or slider.is_disabled()
        radios = gate.query_selector_all(".mrt-options input")
        judged = []
        for i in range(len(radios)):
            judged.append(gate.evaluate("(p, i) => p.mrtutor.answer(i, [], 'sure').right", i))
            assert not gate.evaluate("p => p.mrtutor.locked")
        assert judged.count(True) == 1 and judged.count(False) == len(radios) - 1
        assert "You said" in gate.inner_text()
        explained = gate.query_selector(".mrt-now button")
        if explained:
            explained.click()
        assert len(gate.query_selector_all(".mrt-beliefs li p")) == len(radios)
        assert len(gate.query_selector_all(".mrt-beliefs li.mrt-right")) == 1


def test_every_question_answers_right_and_wrong_and_survives_a_reload(chapter):
    quizzes = [p for p in chapter.query_selector_all(".mrtutor") if p.query_selector(".mrt-quiz")]
    total, pictures = 0, 0
    for quiz in quizzes:
        for i, item in enumerate(quiz.evaluate("p => p.mrtutor.config.items")):
            right, wrong = answers(item) or probe(quiz, i)
            said_wrong = quiz.evaluate("(p, [i, v]) => p.mrtutor.answer(i, v)", [i, wrong])
            said_right = quiz.evaluate("(p, [i, v]) => p.mrtutor.answer(i, v)", [i, right])
            assert said_right["right"] and not said_wrong["right"], item["question"]
            assert said_wrong["message"] and said_wrong["message"] != said_right["message"], item["question"]
            total += 1
            pictures += bool(item.get("picture") or item.get("pictures"))
    assert total >= 8, "at least five quiz questions and three exercises"
    assert pictures >= 3
    chapter.reload()
    for place in chapter.query_selector_all(".mrtutor"):
        place.scroll_into_view_if_needed()
    chapter.wait_for_function(f"{WIDGETS}.every(w => w.classList.contains('mrtutor-ready'))", timeout=60_000)
    assert chapter.evaluate(f"{WIDGETS}.map(w => w.mrtutor.metrics?.right || 0).reduce((a, b) => a + b)") == total


def answers(item: dict):
    """(a right, a wrong) answer to a question, as its widget stores it; None where only the picture knows."""
    kind = item["type"]
    if kind == "choice":
        right = [o["right"] for o in item["options"]].index(True)
        return right, (right + 1) % len(item["options"])
    if kind == "number":
        return item["value"], item["wrong"][0][0] if item["wrong"] else item["value"] + 10 * item["tolerance"] + 1
    if kind == "click":
        target = item["target"]
        places = [p for p in target["places"] if not p.get("region")]
        if not places:
            return None  # the right place is a region: find it by asking
        return [{"x": p["x"], "y": p["y"]} for p in places[: target["clicks"]]], [{"x": 0.01, "y": 0.99}] * target[
            "clicks"
        ]
    n = len(item.get("items") or item["names"])
    return list(range(n)), list(reversed(range(n)))


def probe(quiz, i: int):
    """A square that the question takes for right, and one that it does not."""
    squares = [[{"x": (column + 0.5) / 8, "y": (row + 0.5) / 8}] for row in range(8) for column in range(8)]
    judged = [quiz.evaluate("(p, [i, v]) => p.mrtutor.answer(i, v).right", [i, square]) for square in squares]
    assert True in judged and False in judged, "a region that holds every square, or none"
    return squares[judged.index(True)], squares[judged.index(False)]
