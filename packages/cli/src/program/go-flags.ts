import { Command, type Option } from "commander";
import { CommandError } from "./command-error.js";
import { exitCodes } from "./exit-codes.js";

/**
 * A command that also takes flags as the package `flag` of Go does, with which sops and age read theirs: one dash for two
 * (`-in-place`, `-kms ARN`), values of flags that have none (`--decrypt=true`, `-i=false`), and `=` behind one letter.
 */
export class GoCommand extends Command {
  #stopsAtArgument = false;
  #takesFlagsBehindArguments = false;

  override createCommand(name?: string): GoCommand {
    return new GoCommand(name);
  }

  override passThroughOptions(passThrough = true): this {
    this.#stopsAtArgument = passThrough;
    return super.passThroughOptions(passThrough);
  }

  /**
   * Take flags behind arguments, too. What looks like a flag there and is none is an argument, such as a negative number,
   * as in the package `urfave/cli` (`reorderArgs`), with which sops reads its commands.
   */
  flagsBehindArguments(): this {
    this.#takesFlagsBehindArguments = true;
    return this;
  }

  override parseOptions(args: string[]): ReturnType<Command["parseOptions"]> {
    return super.parseOptions(this.#respell(args));
  }

  #respell(args: readonly string[]): string[] {
    const result: string[] = [];
    const behind: string[] = [];
    for (let index = 0; index < args.length; index++) {
      const argument = args[index]!;
      const isName = !/^-./s.test(argument);
      // What stands behind these belongs to another command, or to another program.
      const isLast = isName ? this.#stopsAtArgument || this.#isCommand(argument) : argument === "--";
      if (isLast && !this.#takesFlagsBehindArguments) return [...result, ...args.slice(index)];
      if (isLast) {
        behind.push(...args.slice(index + 1));
        break;
      }
      const given = isName ? undefined : this.#find(argument);
      if (given === undefined) {
        const isArgument = this.#takesFlagsBehindArguments && (isName || behind.length > 0);
        (isArgument ? behind : result).push(argument);
      } else if (given.option.required || given.option.optional) {
        result.push(given.flag);
        if (given.value !== undefined) result.push(given.value);
        else if (given.option.required && index + 1 < args.length) result.push(args[++index]!);
      } else if (given.value === undefined || readBoolean(given.value, argument)) {
        result.push(given.flag);
      } else {
        const { short, long } = given.option;
        const negation = this.options.find((option) => option.negate && option.long === `--no-${long?.slice(2)}`);
        if (negation !== undefined) result.push(negation.long!);
        else result.splice(0, result.length, ...result.filter((before) => before !== short && before !== long));
      }
    }
    return behind.length === 0 ? result : [...result, "--", ...behind];
  }

  #isCommand(name: string): boolean {
    return this.commands.some((command) => command.name() === name);
  }

  #find(argument: string): { option: Option; flag: string; value: string | undefined } | undefined {
    const [, name, value] = /^--?([A-Za-z][\w-]*)(?:=([\s\S]*))?$/.exec(argument) ?? [];
    if (name === undefined) return undefined;
    const long = this.options.find((option) => option.long === `--${name}`);
    if (long !== undefined) return { option: long, flag: `--${name}`, value };
    if (name === "help") return { option: this.createOption("--help", ""), flag: "--help", value };
    const short = argument.startsWith("--") ? undefined : this.options.find((option) => option.short === `-${name}`);
    return short === undefined ? undefined : { option: short, flag: `-${name}`, value };
  }
}

/** As `strconv.ParseBool` of Go. */
function readBoolean(text: string, argument: string): boolean {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
  const flag = argument.slice(0, argument.indexOf("="));
  throw new CommandError(
    exitCodes.generic,
    `${flag}= takes \`true\` or \`false\`: without it, ${flag} stands for true.`,
  );
}
