"""The comparison: several networks, each measured whole on several devices - the paper's specialisation matrix."""
