import { describeFailures } from '../store/postgres-failures.ts';

describeFailures('embedded');
