/**
 * How plugins interact with the user. A method that is missing, or throws, is reported to the plugin as a failure, and
 * the plugin decides whether to continue. C2SP age-plugin.md, "Commands"; age: plugin/client.go, `ClientUI`.
 */
export interface PluginUi {
  /** Show a message from the plugin. */
  message?(plugin: string, text: string): void | Promise<void>;
  /** Ask for a value. If `secret` is set, the input must not be echoed. */
  request?(plugin: string, prompt: string, secret: boolean): string | Promise<string>;
  /** Ask the user to choose between `yes` (true) and `no`. If `no` is undefined, there is only one choice. */
  confirm?(plugin: string, prompt: string, yes: string, no: string | undefined): boolean | Promise<boolean>;
  /** Called when the plugin has been silent for five seconds. It may be waiting for a touch on a device. */
  waiting?(plugin: string): void;
}
