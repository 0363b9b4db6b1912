/** What every page of settings needs: a server, and somebody who is signed in. */
import type { ComponentChildren, JSX } from "preact";
import { server } from "../api/session.js";
import { SignInForm } from "../api/sign-in.js";

/** Shows the page, or asks to sign in. */
export function SignedIn({ title, children }: { title: string; children: ComponentChildren }): JSX.Element {
  const { state } = server.value;
  if (state === "unknown") return <p class="loading">Loading…</p>;
  if (state === "connected") return <>{children}</>;
  return (
    <>
      <h1>{title}</h1>
      {state === "none" ? (
        <p>
          This page needs the server: start it with <code>isosops org serve --ui</code>, and open the address that it
          prints.
        </p>
      ) : (
        <section class="panel narrow stack" aria-labelledby="sign-in-title">
          <h2 id="sign-in-title">Sign in to the server</h2>
          <SignInForm />
        </section>
      )}
    </>
  );
}
