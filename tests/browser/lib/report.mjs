/**
 * Steps, counted and told one per line. A story is a chain: after a step that failed, those left of the story count as
 * failed too, so that no step can be missing without being noticed.
 */

const FAREWELL = "not reached";

/** Counts steps; `onFailure(name)` may keep a picture of the pages. */
export class Report {
  #passed = 0;
  #failed = 0;
  #started = Date.now();
  #onFailure;

  constructor(onFailure) {
    this.#onFailure = onFailure;
  }

  /** Runs a story's steps, `[[name, () => Promise], …]`, in order. */
  async story(title, steps) {
    console.log(`# ${title}`);
    let broken = false;
    for (const [name, run] of steps) {
      if (broken) this.#fail(name, FAREWELL);
      else broken = !(await this.#step(name, run));
    }
  }

  /** Whether anything failed; prints the sums. */
  end() {
    console.log(`  ${this.#passed} passed (${((Date.now() - this.#started) / 1000).toFixed(0)}s)`);
    if (this.#failed > 0) console.log(`  ${this.#failed} failed`);
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed > 0;
  }

  async #step(name, run) {
    const started = Date.now();
    try {
      await run();
      this.#passed += 1;
      console.log(`ok ${this.#passed + this.#failed} ${name} (${Date.now() - started} ms)`);
      return true;
    } catch (error) {
      this.#fail(name, String(error?.stack ?? error));
      await this.#onFailure(`${this.#passed + this.#failed} ${name}`);
      return false;
    }
  }

  #fail(name, why) {
    this.#failed += 1;
    console.log(`FAIL ${this.#passed + this.#failed} ${name}\n  ${why.split("\n").slice(0, 12).join("\n  ")}`);
  }
}
