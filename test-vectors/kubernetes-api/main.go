// What an API server makes of a Deployment, without one: field management and the Pod Security Standards are libraries of
// Kubernetes.
//
//	kubernetes-api apply FILE PATCH    the Deployment of FILE after a server-side apply of PATCH, as JSON
//	kubernetes-api restricted FILE     nothing where the standard "restricted" takes its pods, else why it does not; exit code 1
//
// Each file holds one Deployment in YAML or JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "apply":
		return apply(args[1], args[2])
	case len(args) == 2 && args[0] == "restricted":
		return restricted(args[1])
	}
	return fmt.Errorf("apply FILE PATCH, or restricted FILE")
}

func apply(path, patchPath string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	installed, err := deployment(path)
	if err != nil {
		return err
	}
	patch, err := deployment(patchPath)
	if err != nil {
		return err
	}
	patchText, err := os.ReadFile(patchPath)
	if err != nil {
		return err
	}
	ctx := context.Background()
	deployments := fake.NewClientset().AppsV1().Deployments(patch.Namespace)
	by := func(manager string) metav1.PatchOptions { return metav1.PatchOptions{FieldManager: manager} }
	// kubectl apply, as Argo CD's documentation says to install it.
	if _, err := deployments.Patch(ctx, installed.Name, types.ApplyPatchType, text, by("kubectl")); err != nil {
		return err
	}
	if patch.Name != installed.Name {
		return fmt.Errorf("there is no Deployment %s, so it would be a new one", patch.Name)
	}
	result, err := deployments.Patch(ctx, patch.Name, types.ApplyPatchType, patchText, by("isosops"))
	if err != nil {
		return err
	}
	result.ManagedFields = nil
	result.TypeMeta = metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}
	return json.NewEncoder(os.Stdout).Encode(result)
}

func restricted(path string) error {
	found, err := deployment(path)
	if err != nil {
		return err
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks())
	if err != nil {
		return err
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	template := found.Spec.Template
	results := evaluator.EvaluatePod(level, &template.ObjectMeta, &template.Spec)
	if combined := policy.AggregateCheckResults(results); !combined.Allowed {
		return fmt.Errorf("%s", combined.ForbiddenDetail())
	}
	return nil
}

// deployment reads a Deployment, and refuses a field that it does not have.
func deployment(path string) (*appsv1.Deployment, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var found appsv1.Deployment
	if err := yaml.UnmarshalStrict(text, &found); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &found, nil
}
