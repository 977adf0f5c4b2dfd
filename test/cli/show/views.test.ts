import test from 'ava';
import type {HostAnswer} from '../../../src/cli/ask-hosts.js';
import {evidenceLines, summaryOf, viewsOf} from '../../../src/cli/show/views.js';

const answer = (
  host: string,
  hosts: Readonly<Record<string, readonly [state: string, evidence: string]>>,
  more: object = {},
): HostAnswer => ({
  host,
  problem: '',
  answer: {
    liveness: {
      hosts: Object.fromEntries(
        Object.entries(hosts).map(([id, [state, evidence]]) => [id, {state, evidence}]),
      ),
      ...more,
    },
  },
});
const silence: HostAnswer = {host: 'h3', answer: undefined, problem: 'nobody listens'};
const agreed = [
  answer('h1', {h2: ['up', ''], h3: ['down', 'said goodbye 9.0 s ago']}),
  answer('h2', {h1: ['up', ''], h3: ['down', 'silent for 9.0 s']}),
  silence,
];

test('views: a host that does not answer is shown as the others see it', t => {
  t.deepEqual(viewsOf('h3', agreed), [
    {by: 'h1', state: 'down', evidence: 'said goodbye 9.0 s ago'},
    {by: 'h2', state: 'down', evidence: 'silent for 9.0 s'},
  ]);
  t.is(summaryOf(viewsOf('h3', agreed)), 'down');
  t.is(summaryOf(viewsOf('h1', agreed)), 'up');
});

test('views: hosts that disagree are named', t => {
  const answers = [
    answer('h1', {h4: ['suspect', '']}),
    answer('h2', {h4: ['up', '']}),
    answer('h3', {h4: ['up', '']}),
  ];
  t.is(summaryOf(viewsOf('h4', answers)), 'up for h2, h3; suspect for h1');
});

test('views: whoever is not up is shown with the evidence, and doubts with their host', t => {
  const doubt = {doubt: 'most of the cluster is silent: perhaps it is me'};
  t.deepEqual(evidenceLines([...agreed, answer('h4', {}, doubt)]), [
    'h3 is down for h1: said goodbye 9.0 s ago',
    'h3 is down for h2: silent for 9.0 s',
    'h4 convicts nobody: most of the cluster is silent: perhaps it is me',
  ]);
  t.deepEqual(evidenceLines([answer('h5', {}, {broker: 'lost'})]), [
    'h5 has lost the broker and judges nobody',
  ]);
});

test('views: a host of another version, which says nothing of others, has no views', t => {
  t.deepEqual(viewsOf('h1', [{host: 'h2', answer: {version: '0'}, problem: ''}]), []);
  t.is(summaryOf([]), '');
});
