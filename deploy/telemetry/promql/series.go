package main

import (
	"sort"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// began is when every series begins, as good a time as any.
var began = time.Unix(1_700_000_000, 0)

// given is all series of one test, in the memory.
type given []storage.Series

func load(described []Series, interval time.Duration) (given, error) {
	var all given
	for _, each := range described {
		name, values, err := language.ParseSeriesDesc(each.Series + " " + each.Values)
		if err != nil {
			return nil, err
		}
		var samples []chunks.Sample
		for step, value := range values {
			if !value.Omitted {
				samples = append(samples, sample{began.Add(time.Duration(step) * interval).UnixMilli(), value.Value})
			}
		}
		all = append(all, storage.NewListSeries(name, samples))
	}
	return all, nil
}

func (all given) Querier(_, _ int64) (storage.Querier, error) {
	return &storage.MockQuerier{SelectMockFunction: all.selected}, nil
}

func (all given) selected(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	var chosen []storage.Series
	for _, series := range all {
		if matches(series.Labels(), matchers) {
			chosen = append(chosen, series)
		}
	}
	sort.Slice(chosen, func(a, b int) bool { return labels.Compare(chosen[a].Labels(), chosen[b].Labels()) < 0 })
	return &set{chosen, -1}
}

// set is series one after another, sorted by their labels.
type set struct {
	series []storage.Series
	at     int
}

func (s *set) Next() bool {
	s.at++
	return s.at < len(s.series)
}

func (s *set) At() storage.Series                { return s.series[s.at] }
func (s *set) Err() error                        { return nil }
func (s *set) Warnings() annotations.Annotations { return nil }

func matches(name labels.Labels, matchers []*labels.Matcher) bool {
	for _, matcher := range matchers {
		if !matcher.Matches(name.Get(matcher.Name)) {
			return false
		}
	}
	return true
}

// sample is one number at one time, in milliseconds.
type sample struct {
	at    int64
	value float64
}

func (s sample) T() int64                      { return s.at }
func (s sample) ST() int64                     { return 0 }
func (s sample) F() float64                    { return s.value }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }

var _ storage.Queryable = given{}
