/**
 * Scripts for shells. Each asks `NAME complete -- WORDS` for what the last of the words can be, and takes file names
 * where nothing is printed. An answer is a word a line, with a tab and a description.
 */
import type { Shell } from "./flags.js";

export const scripts: Readonly<Record<Shell, (name: string) => string>> = {
  bash: (name) => `# Load it: source <(${name} completion bash)
_${name}_complete() {
  local line IFS=$'\\n'
  COMPREPLY=()
  for line in $(${name} complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null); do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done
}
complete -o bashdefault -o default -F _${name}_complete ${name}
`,
  zsh: (name) => `#compdef ${name}
# Load it: source <(${name} completion zsh), after compinit
_${name}() {
  local -a found
  found=("\${(@f)$(${name} complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)found:#}")
  if (( \${#found} )); then
    found=("\${(@)found//:/\\\\:}")
    found=("\${(@)found/$'\\t'/:}")
    _describe '${name}' found
  else
    _files
  fi
}
compdef _${name} ${name}
`,
  fish: (name) => `# Load it: ${name} completion fish | source
function __${name}_complete
  set -l words (commandline -opc)
  set -l last (commandline -ct)
  test (count $last) -eq 0; and set last ""
  ${name} complete -- $words[2..-1] $last 2>/dev/null
end
complete -c ${name} -a '(__${name}_complete)'
`,
  powershell: (name) => `# Load it: ${name} completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName ${name} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($wordToComplete -eq '') { $words += '""' }
  ${name} complete -- @words | ForEach-Object {
    $word, $description = $_ -split "\`t", 2
    if (-not $description) { $description = $word }
    [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $description)
  }
}
`,
};
