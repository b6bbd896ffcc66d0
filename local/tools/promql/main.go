// Evaluates rules of Prometheus with Prometheus's own engine, minute by minute, and then queries what they recorded.
//
// Standard input is JSON: "rules" is a rule file, "load" series in the notation of promtool's tests, "minutes" how
// long, "queries" what to ask at the end. Standard output is JSON: for each query its samples.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
)

type question struct {
	Rules   string   `json:"rules"`
	Load    string   `json:"load"`
	Minutes int      `json:"minutes"`
	Queries []string `json:"queries"`
}

type sample struct {
	Labels map[string]string `json:"labels"`
	Value  float64           `json:"value"`
}

func main() {
	found, err := answer()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answer() (map[string][]sample, error) {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return nil, err
	}
	groups, errs := rulefmt.Parse([]byte(asked.Rules), false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.Default())
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	loader, err := promqltest.NewLazyLoader(asked.Load, promqltest.LazyLoaderOpts{EnableAtModifier: true, EnableNegativeOffset: true})
	if err != nil {
		return nil, err
	}
	defer loader.Close()
	start := time.Unix(0, 0).UTC()
	before := map[*rulefmt.Rule][]labels.Labels{}
	for minute := 0; minute <= asked.Minutes; minute++ {
		now := start.Add(time.Duration(minute) * time.Minute)
		loader.WithSamplesTill(now, func(appended error) { err = appended })
		if err != nil {
			return nil, err
		}
		for _, group := range groups.Groups {
			for index := range group.Rules {
				rule := &group.Rules[index]
				made, err := evaluate(loader, rule, now, before[rule])
				if err != nil {
					return nil, fmt.Errorf("minute %d, %s%s: %w", minute, rule.Record, rule.Alert, err)
				}
				before[rule] = made
			}
		}
	}
	found := map[string][]sample{}
	end := start.Add(time.Duration(asked.Minutes) * time.Minute)
	for _, query := range asked.Queries {
		vector, err := ask(loader, query, end)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", query, err)
		}
		found[query] = []sample{}
		for _, item := range vector {
			found[query] = append(found[query], sample{item.Metric.Map(), item.F})
		}
	}
	return found, nil
}

// Series that the last evaluation recorded and this one does not are ended, as Prometheus does it.
func evaluate(loader *promqltest.LazyLoader, rule *rulefmt.Rule, now time.Time, before []labels.Labels) ([]labels.Labels, error) {
	vector, err := ask(loader, rule.Expr, now)
	if err != nil || rule.Record == "" {
		return nil, err
	}
	app := loader.Storage().Appender(loader.Context())
	made, seen := []labels.Labels{}, map[string]bool{}
	for _, item := range vector {
		built := labels.NewBuilder(item.Metric).Set(labels.MetricName, rule.Record)
		for name, value := range rule.Labels {
			built.Set(name, value)
		}
		series := built.Labels()
		if seen[series.String()] {
			return nil, fmt.Errorf("two samples for %s", series)
		}
		seen[series.String()] = true
		made = append(made, series)
		if _, err := app.Append(0, series, now.UnixMilli(), item.F); err != nil {
			return nil, fmt.Errorf("%s: %w", series, err)
		}
	}
	for _, series := range before {
		if !seen[series.String()] {
			if _, err := app.Append(0, series, now.UnixMilli(), math.Float64frombits(value.StaleNaN)); err != nil {
				return nil, fmt.Errorf("%s: %w", series, err)
			}
		}
	}
	return made, app.Commit()
}

func ask(loader *promqltest.LazyLoader, query string, now time.Time) (promql.Vector, error) {
	asked, err := loader.QueryEngine().NewInstantQuery(context.Background(), loader.Queryable(), nil, query, now)
	if err != nil {
		return nil, err
	}
	defer asked.Close()
	result := asked.Exec(context.Background())
	if result.Err != nil {
		return nil, result.Err
	}
	switch found := result.Value.(type) {
	case promql.Vector:
		return append(promql.Vector{}, found...), nil
	case promql.Scalar:
		return promql.Vector{{T: found.T, F: found.V}}, nil
	}
	return nil, fmt.Errorf("an answer of type %s", result.Value.Type())
}
