package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli"

	"github.com/getsops/sops/v3"
	"github.com/getsops/sops/v3/aes"
	"github.com/getsops/sops/v3/age"
	"github.com/getsops/sops/v3/cmd/sops/codes"
	"github.com/getsops/sops/v3/cmd/sops/common"
	"github.com/getsops/sops/v3/cmd/sops/formats"
	"github.com/getsops/sops/v3/config"
	"github.com/getsops/sops/v3/keyservice"
	jsonstore "github.com/getsops/sops/v3/stores/json"
	"github.com/getsops/sops/v3/version"
)

// What the command does between reading a file and writing one, call by call: cmd/sops/encrypt.go, decrypt.go and, for
// the rule, main.go. The test beside this folder holds it against the command.

func store(format string, indent *int) common.Store {
	c := config.NewStoresConfig()
	if indent != nil {
		c.YAML.Indent, c.JSON.Indent, c.JSONBinary.Indent = *indent, *indent, *indent
	}
	return common.StoreForFormat(formats.FormatFromString(format), c)
}

// The exit code of toExitError.
func exitCode(err error) int {
	var exitError *cli.ExitError
	if errors.As(err, &exitError) {
		return exitError.ExitCode()
	}
	return codes.ErrorGeneric
}

func exit(code int, format string, arguments ...any) error {
	return common.NewExitError(fmt.Sprintf(format, arguments...), code)
}

func metadata(j job, input sops.Store) (m sops.Metadata, err error) {
	keys, err := age.MasterKeysFromRecipients(j.Age)
	if err != nil {
		return m, err
	}
	group := sops.KeyGroup{}
	for _, key := range keys {
		group = append(group, key)
	}
	m = sops.Metadata{KeyGroups: []sops.KeyGroup{group}, Version: version.Version}
	if single, ok := input.(sops.SingleValueStore); ok && single.IsSingleValueStore() {
		return m, nil
	}
	rules := 0
	for name, field := range map[string]*string{
		"unencrypted_suffix":        &m.UnencryptedSuffix,
		"encrypted_suffix":          &m.EncryptedSuffix,
		"unencrypted_regex":         &m.UnencryptedRegex,
		"encrypted_regex":           &m.EncryptedRegex,
		"unencrypted_comment_regex": &m.UnencryptedCommentRegex,
		"encrypted_comment_regex":   &m.EncryptedCommentRegex,
	} {
		if j.Rule[name] != "" {
			*field = j.Rule[name]
			rules++
		}
	}
	if rules > 1 {
		return m, exit(codes.ErrorConflictingParameters, "Error: cannot use more than one rule in the same file")
	}
	if rules == 0 {
		m.UnencryptedSuffix = sops.DefaultUnencryptedSuffix
	}
	m.MACOnlyEncrypted = j.MACOnlyEncrypted
	return m, nil
}

func encrypt(j job) ([]byte, error) {
	input, output := store(j.Input, nil), store(j.Output, j.Indent)
	m, err := metadata(j, input)
	if err != nil {
		return nil, err
	}
	branches, err := input.LoadPlainFile(j.Text)
	if err != nil {
		return nil, exit(codes.CouldNotReadInputFile, "Error unmarshalling file: %s", err)
	}
	if len(branches) < 1 {
		return nil, exit(codes.NeedAtLeastOneDocument, "Empty file")
	}
	if output.HasSopsTopLevelKey(branches[0]) {
		return nil, exit(codes.FileAlreadyEncrypted, "File already encrypted")
	}
	tree := sops.Tree{Branches: branches, Metadata: m}
	services := []keyservice.KeyServiceClient{keyservice.NewLocalClient()}
	dataKey, errs := tree.GenerateDataKeyWithKeyServices(services)
	if len(errs) > 0 {
		return nil, fmt.Errorf("Could not generate data key: %s", errs)
	}
	err = common.EncryptTree(common.EncryptTreeOpts{DataKey: dataKey, Tree: &tree, Cipher: aes.NewCipher()})
	if err != nil {
		return nil, err
	}
	text, err := output.EmitEncryptedFile(tree)
	if err != nil {
		return nil, exit(codes.ErrorDumpingTree, "Could not marshal tree: %s", err)
	}
	return text, nil
}

func decrypt(j job) (text []byte, trees []node, err error) {
	// It is read from a file, since the workarounds for files of old versions may read it more than once.
	path := filepath.Join(os.TempDir(), "input")
	must(0, os.WriteFile(path, j.Text, 0o600))
	services := []keyservice.KeyServiceClient{keyservice.NewLocalClient()}
	tree, err := common.LoadEncryptedFileWithBugFixes(common.GenericDecryptOpts{
		Cipher:      aes.NewCipher(),
		InputStore:  store(j.Input, nil),
		InputPath:   path,
		IgnoreMAC:   j.IgnoreMAC,
		KeyServices: services,
	})
	if err != nil {
		return nil, nil, err
	}
	_, err = common.DecryptTree(common.DecryptTreeOpts{
		Cipher:          aes.NewCipher(),
		IgnoreMac:       j.IgnoreMAC,
		Tree:            tree,
		KeyServices:     services,
		DecryptionOrder: sops.DefaultDecryptionOrder,
	})
	if err != nil {
		return nil, nil, err
	}
	for _, branch := range tree.Branches {
		trees = append(trees, fromValue(branch))
	}
	text, err = store(j.Output, j.Indent).EmitPlainFile(tree.Branches)
	if err != nil {
		if errors.Is(err, jsonstore.BinaryStoreEmitPlainError) {
			err = fmt.Errorf("%s\n\nThis is likely not an encrypted binary file?", err)
		}
		return nil, nil, exit(codes.ErrorDumpingTree, "Error dumping file: %s", err)
	}
	return text, trees, nil
}

func read(j job) (trees []node, err error) {
	branches, err := store(j.Input, nil).LoadPlainFile(j.Text)
	if err != nil {
		return nil, exit(codes.CouldNotReadInputFile, "Error unmarshalling file: %s", err)
	}
	for _, branch := range branches {
		trees = append(trees, fromValue(branch))
	}
	return trees, nil
}

func emit(j job) ([]byte, error) {
	branches := sops.TreeBranches{}
	for _, branch := range j.Branches {
		branches = append(branches, toBranch(branch))
	}
	return store(j.Output, j.Indent).EmitPlainFile(branches)
}
