/**
 * With `ISOSOPS_SEED`, as in CI, generated inputs are the same ones each time, so that a failure is one of the change and not of
 * chance. Without it they are others in each run.
 */
import { configureGlobal, readConfigureGlobal } from "fast-check";

const seed = process.env.ISOSOPS_SEED;
if (seed !== undefined) configureGlobal({ ...readConfigureGlobal(), seed: Number(seed) });
