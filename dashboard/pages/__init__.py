"""The pages. Each is a script that Streamlit runs from the top."""
