"""The pages of the portal, in Streamlit: they draw what the portal reads and decide nothing."""
