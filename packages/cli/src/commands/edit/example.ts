import type { FormatName } from "../../files/formats.js";

/** What a new file contains at first: that of sops (`EmitExample` of its stores, stores/stores.go). */
export const examples: Readonly<Record<FormatName, string>> = {
  yaml: `hello: Welcome to SOPS! Edit this file as you please!
example_key: example_value
# Example comment
example_array:
    - example_value1
    - example_value2
example_number: 1234.56789
example_booleans:
    - true
    - false
`,
  json: `{
	"hello": "Welcome to SOPS! Edit this file as you please!",
	"example_key": "example_value",
	"example_array": [
		"example_value1",
		"example_value2"
	],
	"example_number": 1234.56789,
	"example_booleans": [
		true,
		false
	]
}
`,
  dotenv: `# This is an example file.
hello=Welcome to SOPS! Edit this file as you please!
example_key=example_value
example_multiline=foo\\nbar\\nbaz
`,
  ini: `; This is an example file.
[Welcome!]
hello       = Welcome to SOPS! Edit this file as you please!
example_key = example_value
`,
  binary: "Welcome to SOPS! Edit this file as you please!",
  // sops has neither.
  toml: `hello = "Welcome to SOPS! Edit this file as you please!"
# Example comment
example_key = "example_value"
`,
  xml: `<?xml version="1.0" encoding="UTF-8"?>
<welcome>
  <hello>Welcome to SOPS! Edit this file as you please!</hello>
  <!-- Example comment -->
  <example_key>example_value</example_key>
</welcome>
`,
};
