import { createProgress } from "../terminal/progress.js";

/** Files read concurrently: enough to keep the disk busy, few enough for memory. */
const filesAtOnce = 16;

/**
 * Do the same with many files, some at once, with the progress on a terminal.
 *
 * @param work must not throw what concerns one file only
 * @param describe the progress after so many files
 */
export async function eachFile<File>(
  files: readonly File[],
  work: (file: File, index: number) => Promise<void>,
  { atOnce = filesAtOnce, describe }: { atOnce?: number; describe: (done: number) => string },
): Promise<void> {
  const progress = createProgress(describe);
  let next = 0;
  const some = async (): Promise<void> => {
    while (next < files.length) {
      const index = next++;
      await work(files[index]!, index);
      progress.step();
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, some));
  } finally {
    progress.end();
  }
}
