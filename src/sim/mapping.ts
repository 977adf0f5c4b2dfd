/** The subject mappings that the generated configuration gives a broker, as a function. */
import {partitionOf} from '../ring/partition.js';
import {MAPPED_TOKENS_MAX, VERBS, type Subjects} from '../subjects.js';

export function mappingOf(subjects: Subjects, partitions: number): (subject: string) => string {
  return subject => {
    const tokens = subject.split('.');
    const [root, verb, ...name] = tokens;
    const known = VERBS.find(one => one === verb);
    const isMapped = name.length >= 2 && name.length <= MAPPED_TOKENS_MAX;
    return root === subjects.root && known !== undefined && isMapped
      ? subjects.mapped(partitionOf(name.join('.'), partitions), known, name.join('.'))
      : subject;
  };
}
