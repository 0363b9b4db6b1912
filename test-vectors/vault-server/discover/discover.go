// Package discover replaces the module by which Vault finds the other servers of a cluster in the clouds. It finds none,
// and so needs none of their 469 packages.
package discover

import (
	"errors"
	"log"
)

var errNone = errors.New("this server joins no cluster")

type Provider interface {
	Addrs(args map[string]string, logger *log.Logger) ([]string, error)
	Help() string
}

var Providers = map[string]Provider{}

type Option func(*Discover) error

func WithProviders(map[string]Provider) Option {
	return func(*Discover) error { return nil }
}

type Discover struct{}

func New(...Option) (*Discover, error) { return &Discover{}, nil }

func (*Discover) Addrs(string, *log.Logger) ([]string, error) { return nil, errNone }

func (*Discover) Help() string { return "" }

type Config map[string]string

func Parse(string) (Config, error) { return nil, errNone }

func (Config) String() string { return "" }
