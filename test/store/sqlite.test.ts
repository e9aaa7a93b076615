import { openTestStore } from '../helpers/store.ts';
import { describeStore } from './contract.ts';

describeStore('the store on SQLite', openTestStore);
