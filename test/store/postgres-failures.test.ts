import { describeFailures } from './postgres-failures.ts';

describeFailures('embedded');
