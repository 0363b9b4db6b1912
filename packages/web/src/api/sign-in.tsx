/** Where somebody signs in: by the link in the address, or one or a token that is pasted. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { PageProps } from "../shell/pages.js";
import { navigate } from "../shell/route.js";
import { Button } from "../ui/button.js";
import { TextField } from "../ui/field.js";
import { signIn } from "./session.js";

/** The page of the address that the server prints: `#link=LINK`. */
export function SignInPage({ rest }: PageProps): JSX.Element {
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [isAsking, setAsking] = useState(rest !== "");
  useEffect(() => {
    if (rest === "") return;
    // What signs in is not kept in the history of the browser.
    history.replaceState(null, "", "#/signin");
    signIn({ link: rest }).then(
      () => navigate("stacks"),
      (error: Error) => {
        setProblem(error.message);
        setAsking(false);
      },
    );
  }, []);
  if (isAsking) return <p class="loading">Signing in…</p>;
  return (
    <>
      <h1>Sign in</h1>
      <section class="panel narrow">
        <SignInForm problem={problem} onDone={() => navigate("stacks")} />
      </section>
    </>
  );
}

/** Asks for a link or a token. */
export function SignInForm({ problem, onDone }: { problem?: string | undefined; onDone?: () => void }): JSX.Element {
  const [given, setGiven] = useState("");
  const [said, setSaid] = useState(problem);
  const enter = async () => {
    const text = given.trim();
    if (text === "") return setSaid("Paste the link or the token first.");
    const link = /#link=([\w-]+)$/.exec(text)?.[1];
    try {
      await signIn(link === undefined ? { token: text } : { link });
    } catch (error) {
      return setSaid((error as Error).message);
    }
    setGiven("");
    setSaid(undefined);
    onDone?.();
    return undefined;
  };
  return (
    <div class="stack">
      <TextField
        label="Link or token"
        hint={
          <>
            The server prints a link when it starts: <code>isosops org serve --ui</code>. Each link works once.
          </>
        }
        value={given}
        isCode
        isSecret
        problem={said}
        onInput={setGiven}
        onEnter={() => void enter()}
      />
      <div class="row">
        <Button kind="main" onClick={() => void enter()}>
          Sign in
        </Button>
      </div>
    </div>
  );
}
