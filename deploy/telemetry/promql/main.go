// Promql is what the tests know Prometheus by: its own parser and engine over series that are given, without a database
// of series and without a server. It reads one question as JSON from its input and writes the answer as JSON.
//
// An alert is evaluated as Prometheus does: at every interval, active while its expression gives something, firing once
// it has been active for as long as its rule says.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sort"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// Question is what one run is asked.
type Question struct {
	Rules       []string `json:"rules"`       // rule files as text
	Tests       []Test   `json:"tests"`       // of the alerts in them
	Expressions []string `json:"expressions"` // to be looked at only
}

// Test asks which alerts of one name fire at a time after the series began.
type Test struct {
	Alert    string   `json:"alert"`
	Interval string   `json:"interval"`
	At       string   `json:"at"`
	Series   []Series `json:"series"`
}

// Series is written as in promtool's files: up{job="a"} and 1 1 0x3.
type Series struct {
	Series string `json:"series"`
	Values string `json:"values"`
}

// Answer has one entry for each of the question's.
type Answer struct {
	Rules       []Found  `json:"rules"`
	Firing      []Firing `json:"firing"`
	Expressions []Found  `json:"expressions"`
}

// Found is what is wrong, and what an expression names.
type Found struct {
	Errors    []string   `json:"errors"`
	Selectors []Selector `json:"selectors"`
	Groupings []string   `json:"groupings"`
}

// Selector is one metric with the labels it is chosen by.
type Selector struct {
	Metric string   `json:"metric"`
	Labels []string `json:"labels"`
}

// Firing is the labels of each alert that fires.
type Firing struct {
	Error  string              `json:"error"`
	Alerts []map[string]string `json:"alerts"`
}

var language = parser.NewParser(parser.Options{})

func main() {
	var question Question
	if err := json.NewDecoder(os.Stdin).Decode(&question); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	_ = json.NewEncoder(os.Stdout).Encode(answer(question))
}

func answer(question Question) Answer {
	var all Answer
	known := map[string]rulefmt.Rule{}
	for _, text := range question.Rules {
		all.Rules = append(all.Rules, read(text, known))
	}
	for _, test := range question.Tests {
		alerts, err := firing(known, test)
		all.Firing = append(all.Firing, Firing{Error: said(err), Alerts: alerts})
	}
	for _, expression := range question.Expressions {
		all.Expressions = append(all.Expressions, look(expression))
	}
	return all
}

func read(text string, known map[string]rulefmt.Rule) Found {
	found := Found{}
	groups, errs := rulefmt.Parse([]byte(text), false, model.UTF8Validation, language, slog.New(slog.NewTextHandler(io.Discard, nil)))
	for _, err := range errs {
		found.Errors = append(found.Errors, err.Error())
	}
	if groups == nil {
		return found
	}
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			known[rule.Alert] = rule
		}
	}
	return found
}

func look(expression string) Found {
	parsed, err := language.ParseExpr(expression)
	if err != nil {
		return Found{Errors: []string{err.Error()}}
	}
	found := Found{}
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		switch each := node.(type) {
		case *parser.VectorSelector:
			found.Selectors = append(found.Selectors, selector(each))
		case *parser.AggregateExpr:
			found.Groupings = append(found.Groupings, each.Grouping...)
		}
		return nil
	})
	return found
}

func selector(node *parser.VectorSelector) Selector {
	one := Selector{Metric: node.Name}
	for _, matcher := range node.LabelMatchers {
		if matcher.Name != model.MetricNameLabel {
			one.Labels = append(one.Labels, matcher.Name)
		}
	}
	return one
}

func firing(known map[string]rulefmt.Rule, test Test) ([]map[string]string, error) {
	rule, there := known[test.Alert]
	if !there {
		return nil, fmt.Errorf("no rule is called %q", test.Alert)
	}
	interval, err := model.ParseDuration(test.Interval)
	if err != nil {
		return nil, err
	}
	end, err := model.ParseDuration(test.At)
	if err != nil {
		return nil, err
	}
	series, err := load(test.Series, time.Duration(interval))
	if err != nil {
		return nil, err
	}
	return evaluate(rule, series, time.Duration(interval), time.Duration(end))
}

func evaluate(rule rulefmt.Rule, series given, interval, end time.Duration) ([]map[string]string, error) {
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, Parser: language, EnableNegativeOffset: true, EnableAtModifier: true})
	since := map[uint64]time.Duration{}
	var last promql.Vector
	for now := time.Duration(0); now <= end; now += interval {
		vector, err := ask(engine, series, rule.Expr, now)
		if err != nil {
			return nil, err
		}
		active := map[uint64]time.Duration{}
		for _, sample := range vector {
			key := sample.Metric.Hash()
			active[key] = now
			if before, there := since[key]; there {
				active[key] = before
			}
		}
		since, last = active, vector
	}
	alerts := []map[string]string{}
	for _, sample := range last {
		if end-since[sample.Metric.Hash()] >= time.Duration(rule.For) {
			alerts = append(alerts, named(sample.Metric, rule.Labels))
		}
	}
	sort.Slice(alerts, func(a, b int) bool { return fmt.Sprint(alerts[a]) < fmt.Sprint(alerts[b]) })
	return alerts, nil
}

func ask(engine *promql.Engine, series given, expression string, now time.Duration) (promql.Vector, error) {
	query, err := engine.NewInstantQuery(context.Background(), series, nil, expression, began.Add(now))
	if err != nil {
		return nil, err
	}
	defer query.Close()
	result := query.Exec(context.Background())
	if result.Err != nil {
		return nil, result.Err
	}
	vector, err := result.Vector()
	if err != nil {
		return nil, fmt.Errorf("an alert's expression must give a vector: %w", err)
	}
	return append(promql.Vector{}, vector...), nil
}

func named(metric labels.Labels, more map[string]string) map[string]string {
	all := metric.Map()
	delete(all, model.MetricNameLabel)
	for name, value := range more {
		all[name] = value
	}
	return all
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
