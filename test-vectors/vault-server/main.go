// A server of the core of HashiCorp Vault, in memory and unsealed, on a free port of this machine, with the engines transit
// and kv, and "root" for its root token: vault-server [CERTIFICATE KEY]. It prints its URL.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/hashicorp/go-hclog"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/helper/namespace"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
	"isosops.invalid/vault-server/transit"
)

const rootToken = "root"

// noPlugins is a registry of built-in plugins that has none: the engines are given to the core.
type noPlugins struct{}

func (noPlugins) Contains(string, consts.PluginType) bool { return false }

func (noPlugins) Get(string, consts.PluginType) (func() (interface{}, error), bool) { return nil, false }

func (noPlugins) Keys(consts.PluginType) []string { return nil }

func (noPlugins) DeprecationStatus(string, consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Unknown, false
}

func (noPlugins) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(files []string) error {
	core, err := openCore(namespace.RootContext(context.Background()))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	handler := vaulthttp.Handler.Handler(&vault.HandlerProperties{
		Core:           core,
		ListenerConfig: &configutil.Listener{Type: "tcp", Address: address},
	})
	if len(files) == 2 {
		fmt.Println("https://" + address)
		return http.ServeTLS(listener, handler, files[0], files[1])
	}
	fmt.Println("http://" + address)
	return http.Serve(listener, handler)
}

func openCore(ctx context.Context) (*vault.Core, error) {
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Off})
	storage, err := inmem.NewInmem(nil, logger)
	if err != nil {
		return nil, err
	}
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:        storage,
		DisableMlock:    true,
		Logger:          logger,
		BuiltinRegistry: noPlugins{},
		LogicalBackends: map[string]logical.Factory{"transit": transit.Factory, "kv": kv.Factory},
	})
	if err != nil {
		return nil, err
	}
	opened, err := core.Initialize(ctx, &vault.InitParams{
		BarrierConfig:  &vault.SealConfig{SecretShares: 1, SecretThreshold: 1, StoredShares: 1},
		RecoveryConfig: &vault.SealConfig{SecretShares: 1, SecretThreshold: 1},
	})
	if err != nil {
		return nil, err
	}
	if _, err := core.Unseal(append([]byte(nil), opened.SecretShares[0]...)); err != nil {
		return nil, err
	}
	response, err := core.HandleRequest(ctx, &logical.Request{
		Operation:   logical.UpdateOperation,
		ClientToken: opened.RootToken,
		Path:        "auth/token/create",
		Data: map[string]interface{}{
			"id": rootToken, "policies": []string{"root"}, "no_parent": true, "no_default_policy": true,
		},
	})
	if err != nil {
		return nil, err
	}
	if response.IsError() {
		return nil, response.Error()
	}
	return core, nil
}
