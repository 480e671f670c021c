const PATIENCE_MS = 2_000;

/** What is `asked`, where it comes within two seconds unless told otherwise. @throws Error where it does not */
export async function inTime<Answer>(asked: Promise<Answer>, patienceMs: number = PATIENCE_MS): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
