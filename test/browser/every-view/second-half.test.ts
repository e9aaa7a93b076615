import { views } from '../views.ts';
import { testViews } from './meets-rules.ts';

testViews(views.slice(Math.ceil(views.length / 2)));
