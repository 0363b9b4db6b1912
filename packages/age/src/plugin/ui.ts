/**
 * How plugins talk to the person who uses them. Whatever is left out, or throws, is reported to the plugin as a
 * failure, and what becomes of that is up to the plugin. C2SP age-plugin.md, "Commands"; age: plugin/client.go,
 * `ClientUI`.
 */
export interface PluginUi {
  /** Show a message of the plugin with this name. */
  message?(plugin: string, text: string): void | Promise<void>;
  /** Ask for a value; what is typed is not to be seen where it is `secret`. */
  request?(plugin: string, prompt: string, secret: boolean): string | Promise<string>;
  /** Ask which of two things to do: true for `yes`. Where `no` is missing there is only one to choose. */
  confirm?(plugin: string, prompt: string, yes: string, no: string | undefined): boolean | Promise<boolean>;
  /** The plugin has not said anything for five seconds: it may wait for somebody to touch a device. */
  waiting?(plugin: string): void;
}
