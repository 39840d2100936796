/** All style sheets of the thread, in the order in which they apply. */
import { unsafeCSS } from 'lit'
import base from './base.css'
import comment from './comment.css'
import composer from './composer.css'
import controls from './controls.css'
import list from './list.css'
import paper from './paper.css'

export const styles = [base, controls, composer, list, comment, paper].map(unsafeCSS)
