import { tryPart } from './part.ts';

tryPart(1);
