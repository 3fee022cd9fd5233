// Which release this page is of, for people and for tests.
const note = document.createElement('p');
note.id = 'release';
note.textContent = 'Hydrogen @@VERSION@@ · built by the homerun lab from the published SDK';
Object.assign(note.style, {
  position: 'fixed',
  right: '0.5rem',
  bottom: '0.25rem',
  margin: '0',
  font: '11px sans-serif',
  color: '#737d8c',
  pointerEvents: 'none',
});
document.body.append(note);
