// Checks manifests of Kubernetes as its API server would, without one: the code is the server's own.
// It renders a folder by its kustomization.yaml, and prints what comes of it. Each object is decoded
// strictly, so that a misspelt field is an error, gets its defaults, and is validated as on creation.
// Pods are held against the Pod Security Standard "restricted".
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/autoscaling/horizontalpodautoscaler"
	"k8s.io/kubernetes/pkg/registry/core/configmap"
	"k8s.io/kubernetes/pkg/registry/core/service"
	"k8s.io/kubernetes/pkg/registry/networking/networkpolicy"
	"k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
)

const namespace = "default"

var strategies = map[string]rest.RESTCreateStrategy{
	"ConfigMap":               configmap.Strategy,
	"Deployment":              deployment.Strategy,
	"HorizontalPodAutoscaler": horizontalpodautoscaler.Strategy,
	"NetworkPolicy":           networkpolicy.Strategy,
	"PodDisruptionBudget":     poddisruptionbudget.Strategy,
	"Service":                 service.Strategy,
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: kube-check <folder>")
		os.Exit(2)
	}
	kustomizer := krusty.MakeKustomizer(krusty.MakeDefaultOptions())
	rendered, err := kustomizer.Run(filesys.MakeFsOnDisk(), os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	failed := false
	for _, resource := range rendered.Resources() {
		text, err := resource.AsYAML()
		if err == nil {
			fmt.Printf("---\n%s", text)
			err = check(text, resource.GetKind())
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s %s: %v\n", resource.GetKind(), resource.GetName(), err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

func check(text []byte, kind string) error {
	strategy, ok := strategies[kind]
	if !ok {
		return checkMonitor(text)
	}
	codecs := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict)
	object, version, err := codecs.UniversalDecoder().Decode(text, nil, nil)
	if err != nil {
		return err
	}
	ctx := request.WithNamespace(context.Background(), namespace)
	ctx = request.WithRequestInfo(ctx, requestInfo(version))
	metadata, err := meta.Accessor(object)
	if err != nil {
		return err
	}
	rest.FillObjectMetaSystemFields(metadata)
	// As the storage of Services does before it validates.
	if service, ok := object.(*core.Service); ok && service.Spec.ClusterIP != "" {
		service.Spec.ClusterIPs = []string{service.Spec.ClusterIP}
	}
	if err := rest.BeforeCreate(strategy, ctx, object); err != nil {
		return err
	}
	var problems []error
	for _, warning := range strategy.WarningsOnCreate(ctx, object) {
		problems = append(problems, errors.New(warning))
	}
	if kind == "Deployment" {
		problems = append(problems, checkPod(codecs, text))
	}
	return errors.Join(problems...)
}

// requestInfo is what declarative validation goes by.
func requestInfo(kind *schema.GroupVersionKind) *request.RequestInfo {
	return &request.RequestInfo{
		IsResourceRequest: true,
		Verb:              "create",
		APIGroup:          kind.Group,
		APIVersion:        kind.Version,
		Namespace:         namespace,
	}
}

// checkPod holds the Pods of a Deployment against the strictest standard there is.
func checkPod(codecs serializer.CodecFactory, text []byte) error {
	object, _, err := codecs.UniversalDeserializer().Decode(text, nil, nil)
	if err != nil {
		return err
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	template := object.(*appsv1.Deployment).Spec.Template
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	results := evaluator.EvaluatePod(level, &template.ObjectMeta, &template.Spec)
	if result := policy.AggregateCheckResults(results); !result.Allowed {
		return errors.New(result.ForbiddenDetail())
	}
	return nil
}

// checkMonitor decodes objects of the Prometheus operator. What it validates beyond types is in its
// custom resource definitions, which are not part of its module.
func checkMonitor(text []byte) error {
	scheme := runtime.NewScheme()
	if err := monitoringv1.AddToScheme(scheme); err != nil {
		return err
	}
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	_, _, err := codecs.UniversalDeserializer().Decode(text, nil, nil)
	return err
}
