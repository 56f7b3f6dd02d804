/** Undo is exact: whatever is done to a definition, undoing it gives the same bytes, redoing it the other ones. */
import { describe, expect, it } from "vitest";
import { type Command, redo, replaceAll, run, startHistory, undo } from "./commands";
import { addField, choiceKeys, type EntityDef, moveField, newEntity, removeField, renameField, setFieldKey, setFieldKeys, setRequired } from "./entity";
import { addBeside, addElement, control, elementAt, type FormDef, moveElement, neighbour, newForm, type Place, placeBeside, removeElement, setFormField, setLabel } from "./form";
import { addRow, changeRow, type GradeDef, moveRow, newGrade, removeRow, rowsOf, setBands } from "./grade";
import { type Json, fileText } from "./json";
import { KINDS, newField } from "./kinds";
import { random, type Random } from "./testing/random";

const WALKS = 60;
const STEPS = 25;

/** Takes random steps, then all of them back, then all of them again. */
function walk<T>(start: T, next: (document: T, random: Random) => Command, seed: number): void {
  const dice = random(seed);
  let history = startHistory(start as Json);
  const seen = [fileText(history.document)];
  for (let step = 0; step < STEPS; step += 1) {
    const before = history;
    history = run(history, next(history.document as T, dice), step * 2000);
    if (history !== before) seen.push(fileText(history.document));
  }
  for (const text of seen.slice(0, -1).reverse()) {
    history = undo(history);
    expect(fileText(history.document)).toBe(text);
  }
  for (const text of seen.slice(1)) {
    history = redo(history);
    expect(fileText(history.document)).toBe(text);
  }
}

function entityStep(entity: EntityDef, dice: Random): Command {
  const keys = Object.keys(entity.properties);
  const key = dice.pick(keys) ?? "name";
  const fresh = `f${dice.below(1000)}`;
  const steps: (() => Command)[] = [
    () => addField(fresh, newField(dice.pick(KINDS) ?? "text", fresh)),
    () => (keys.length > 0 ? removeField(entity, key) : addField(fresh, newField("text", fresh))),
    () => (keys.length > 0 ? moveField(entity, key, dice.below(keys.length + 2)) : addField(fresh, newField("text", fresh))),
    () => (keys.length > 0 && !keys.includes(fresh) ? renameField(entity, key, fresh) : replaceAll(newEntity("x") as Json)),
    () => setRequired(entity, key, dice.below(2) === 0),
    () => (keys.length > 0 ? setFieldKey(entity, key, "x-unique", dice.pick([true, undefined])) : replaceAll(newEntity("y") as Json)),
    () => (keys.length > 0 ? setFieldKeys(entity, key, { ...choiceKeys([{ value: "dry", label: fresh }]), default: undefined }) : replaceAll(newEntity("z") as Json)),
  ];
  return (dice.pick(steps) ?? steps[0]!)();
}

function anyPlace(form: FormDef, dice: Random): Place {
  const place: number[] = [];
  for (let at = form.layout; "elements" in at && at.elements.length > 0; ) {
    const index = dice.below(at.elements.length);
    place.push(index);
    at = at.elements[index]!;
    if (dice.below(2) === 0) break;
  }
  return place.length === 0 ? [0] : place;
}

function formStep(form: FormDef, dice: Random): Command {
  const [from, to] = [anyPlace(form, dice), anyPlace(form, dice)];
  const field = control(`f${dice.below(100)}`);
  const steps: (() => Command)[] = [
    () => addElement(form, to, field),
    () => addElement(form, to, { type: "Group", label: "G", elements: [control("inside")] }),
    () => removeElement(form, from),
    () => moveElement(form, from, to),
    () => placeBeside(form, from, to),
    () => addBeside(form, to, field),
    () => setLabel(form, from, "text"),
    () => moveElement(form, from, neighbour(form, from, dice.below(2) === 0 ? 1 : -1) ?? from),
    () => setFormField(form, "name", "required", dice.pick([true, undefined])),
  ];
  return (dice.pick(steps) ?? steps[0]!)();
}

function gradeStep(grade: GradeDef, dice: Random): Command {
  const index = dice.below(Math.max(1, rowsOf(grade).length));
  const row = { when: { field: "spent", op: "gte" as const, value: "1" }, points: dice.below(50), reason: "r" };
  const steps: (() => Command)[] = [
    () => addRow(grade, row),
    () => (rowsOf(grade)[index] ? removeRow(index) : addRow(grade, row)),
    () => moveRow(rowsOf(grade).length, index, dice.below(4)),
    () => (rowsOf(grade)[index] ? changeRow(rowsOf(grade)[index]!, index, { points: dice.below(99) }) : addRow(grade, row)),
    () => setBands([{ letter: "A", at_least: dice.below(100) }, { letter: "B", at_least: 0 }]),
  ];
  return (dice.pick(steps) ?? steps[0]!)();
}

describe("undo and redo", () => {
  it("give back every state of an entity", () => {
    for (let seed = 1; seed <= WALKS; seed += 1) walk(newEntity("客户"), entityStep, seed);
  });

  it("give back every state of a form", () => {
    for (let seed = 1; seed <= WALKS; seed += 1) walk(newForm("客户", "customer", ["a", "b", "c"]), formStep, seed);
  });

  it("give back every state of a grade", () => {
    for (let seed = 1; seed <= WALKS; seed += 1) walk(newGrade("价值", "customer", "value"), gradeStep, seed);
  });

  it("take typing back in one step, and what was done a second later in another", () => {
    const entity = newEntity("客户");
    let history = startHistory(entity as Json);
    for (const [index, text] of ["皮", "皮肤", "皮肤类型"].entries()) {
      history = run(history, setFieldKey(history.document as unknown as EntityDef, "name", "title", text), index * 100);
    }
    history = run(history, setFieldKey(history.document as unknown as EntityDef, "name", "title", "肤质"), 9000);
    expect(history.past).toHaveLength(2);
    expect(undo(undo(history)).document).toEqual(entity);
  });

  it("keep nothing of a command that changes nothing", () => {
    const history = startHistory(newEntity("客户") as Json);
    expect(run(history, setRequired(newEntity("客户"), "name", true), 0)).toBe(history);
  });
});

describe("a form's layout", () => {
  const form = newForm("客户", "customer", ["a", "b", "c"]);
  const after = (command: Command) => (command.apply(form as Json) as unknown as FormDef).layout;

  it("moves an element before the one that stands there", () => {
    expect(after(moveElement(form, [2], [0]))).toMatchObject({ elements: [control("c"), control("a"), control("b")] });
    expect(after(moveElement(form, [0], [2]))).toMatchObject({ elements: [control("b"), control("a"), control("c")] });
  });

  it("makes a row of two, and one cell again when the other leaves", () => {
    const row = placeBeside(form, [2], [0]).apply(form as Json) as unknown as FormDef;
    expect(elementAt(row.layout, [0])).toEqual({ type: "HorizontalLayout", elements: [control("a"), control("c")] });
    const back = moveElement(row, [0, 1], [2]).apply(row as Json) as unknown as FormDef;
    expect(back.layout).toEqual(form.layout);
  });

  it("puts what is let go beside a cell into the same row", () => {
    const row = placeBeside(form, [2], [0]).apply(form as Json) as unknown as FormDef;
    const three = placeBeside(row, [1], [0, 0]).apply(row as Json) as unknown as FormDef;
    expect(three.layout).toEqual({ type: "VerticalLayout", elements: [{ type: "HorizontalLayout", elements: [control("a"), control("b"), control("c")] }] });
  });

  it("does not move a group into itself", () => {
    const grouped = addElement(form, [0], { type: "Group", label: "G", elements: [control("x")] }).apply(form as Json) as unknown as FormDef;
    expect(moveElement(grouped, [0], [0, 0]).apply(grouped as Json)).toEqual(grouped);
  });
});
