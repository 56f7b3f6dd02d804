/** The builder's door. Placeholder until its screens land. */
export default function Builder() {
  return <main />;
}
