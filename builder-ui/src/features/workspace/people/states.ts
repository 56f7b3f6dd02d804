/** How an account stands, and the colour that says so. */
import type { Standing } from "@/api/people";

export const STATES: Standing[] = ["active", "invited", "frozen", "left"];

export const TONES: Record<Standing, string> = { active: "success", invited: "processing", frozen: "warning", left: "default" };
